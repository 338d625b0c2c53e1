using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ddpm.Networks;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// The operator's own feature network, as a rule Inception-v3 up to its last pooling, with which the Fréchet distance is FID (Heusel et al.
/// 2017) and the kernel distance KID; no such weights ship. It comes as a TorchScript file whose forward takes float32 images
/// [n, 3, 299, 299] in [−1, 1] and answers features [n, d]. Figures compare with published ones only if the file holds the weights of the
/// original FID code.
/// </summary>
/// <remarks>A TorchScript file is a program: its path comes from the operator's configuration, never from a request.</remarks>
public sealed class InceptionFeatures : IImageFeatures, IDisposable
{
    /// <summary>Height and width of the network's input in pixels.</summary>
    public const int InputSize = 299;

    private const int BatchSize = 32;

    private readonly jit.ScriptModule<Tensor, Tensor> _module;
    private readonly string _path;

    private InceptionFeatures(string path, string sha256, jit.ScriptModule<Tensor, Tensor> module)
    {
        (_path, _module, Name) = (path, module, $"torchscript-{sha256[..12]}");
        using var probe = zeros([1, 3, InputSize, InputSize]);
        using var features = Forward(probe);
        Dimensions = (int)features.shape[1];
    }

    /// <summary>Names the file by its SHA-256: other weights have another name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public int Dimensions { get; }

    /// <summary>Loads the file and tries it on one image.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="InvalidDataException">It is no TorchScript file, or what it answers are no features.</exception>
    /// <exception cref="LibTorchMissingException">libtorch cannot be loaded.</exception>
    public static InceptionFeatures Load(string path)
    {
        LibTorch.Load();
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: the feature network is not there; FID and KID need a TorchScript file that answers features [n, d] of images [n, 3, {InputSize}, {InputSize}].", path);
        using var stream = File.OpenRead(path);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
        jit.ScriptModule<Tensor, Tensor> module;
        try
        {
            module = jit.load<Tensor, Tensor>(path);
        }
        catch (Exception e) when (e is ExternalException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: is not a TorchScript file: {FirstLine(e)}", e);
        }
        try
        {
            module.eval();
            return new InceptionFeatures(path, sha256, module);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Features [n, <see cref="Dimensions"/>], float32; the caller disposes them.</summary>
    /// <param name="images">
    /// Bytes 0 … 255 as uint8, [n, 1 or 3, height, width]. They are scaled to [−1, 1], a single channel is repeated, and they are resized bilinearly
    /// to 299×299, without smoothing first, as the usual FID code does.
    /// </param>
    /// <exception cref="ArgumentException">Another shape or type.</exception>
    /// <exception cref="InvalidDataException">The network fails, or what it answers are no features.</exception>
    public Tensor Extract(Tensor images)
    {
        if (images.dtype != ScalarType.Byte || images.shape is not [> 0, 1 or 3, > 0, > 0])
            throw new ArgumentException($"Images are uint8 [n, 1 or 3, height, width], these are {images.dtype} [{string.Join(", ", images.shape)}].", nameof(images));
        using var scope = NewDisposeScope();
        return cat(images.split(BatchSize).Select(ExtractBatch).ToList()).MoveToOuterDisposeScope();
    }

    public void Dispose() => _module.Dispose();

    /// <summary>With a scope of its own: the enlarged images of many batches would fill the memory.</summary>
    private Tensor ExtractBatch(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Forward(Resized(images)).MoveToOuterDisposeScope();
    }

    private static Tensor Resized(Tensor images)
    {
        var scaled = images.to(float32) / 127.5f - 1;
        var coloured = scaled.expand(-1, 3, -1, -1);
        return nn.functional.interpolate(coloured, [InputSize, InputSize], mode: InterpolationMode.Bilinear, align_corners: false);
    }

    private Tensor Forward(Tensor input)
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        Tensor features;
        try
        {
            features = _module.forward(input);
        }
        catch (Exception e) when (e is ExternalException or InvalidOperationException or InvalidCastException)
        {
            throw new InvalidDataException($"{_path}: fails on images [{string.Join(", ", input.shape)}]: {FirstLine(e)}", e);
        }
        if (features.shape is [var count, > 0] && count == input.shape[0])
            return features.to(float32).MoveToOuterDisposeScope();
        throw new InvalidDataException($"{_path}: must answer features [{input.shape[0]}, d], answers [{string.Join(", ", features.shape)}].");
    }

    private static string FirstLine(Exception e) => e.Message.Split('\n', 2)[0];
}
