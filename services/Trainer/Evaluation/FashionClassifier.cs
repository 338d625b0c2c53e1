using System.Security.Cryptography;
using Ddpm.Networks;
using Ddpm.Safetensors;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// The classifier of Fashion-MNIST whose features give FMD, the Fréchet Fashion-MNIST distance. FMD compares with FMD of the same weights
/// and the same number of images, and never with FID. Safe for several threads at once.
/// </summary>
public sealed class FashionClassifier : IImageFeatures, IDisposable
{
    /// <summary>Features of an image.</summary>
    public const int FeatureCount = FashionClassifierNetwork.Features;

    /// <summary>T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.</summary>
    public const int ClassCount = FashionClassifierNetwork.Classes;

    /// <summary>Their names by label.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>The weights that FMD is defined by: others would give other figures under the same name.</summary>
    public const string Sha256 = "614f4bc96d36f5c291e2dbf462ee9bf7ca341ed782a43029fc5f06714e1abd4d";

    internal const string FileName = "fashion-mnist-classifier.safetensors";

    private const int BatchSize = 250;

    private readonly FashionClassifierNetwork _network;

    private FashionClassifier(FashionClassifierNetwork network) => _network = network;

    /// <inheritdoc/>
    public string Name => $"fashion-mnist-classifier-{Sha256[..12]}";

    /// <inheritdoc/>
    public int Dimensions => FeatureCount;

    /// <summary>Loads the weights that ship with the program.</summary>
    /// <param name="path">Another place of the same file.</param>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="InvalidDataException">Its SHA-256 is not <see cref="Sha256"/>.</exception>
    /// <exception cref="LibTorchMissingException">libtorch cannot be loaded.</exception>
    public static FashionClassifier Load(string? path = null) => Load(path ?? Path.Combine(AppContext.BaseDirectory, "Evaluation", "classifier", FileName), Sha256);

    internal static FashionClassifier Load(string path, string sha256)
    {
        LibTorch.Load();
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: the classifier that gives FMD is not there; build or publish again, and copy all of the output.", path);
        var found = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        if (found != sha256)
            throw new InvalidDataException($"{path}: has the SHA-256 {found}; the classifier that FMD is defined by has {sha256}.");
        using var file = SafetensorsFile.Open(path);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var network = new FashionClassifierNetwork();
        foreach (var (name, parameter) in network.named_parameters())
            parameter.copy_(tensor(file.ReadFloat32(name), parameter.shape));
        network.eval();
        return new FashionClassifier(network);
    }

    /// <inheritdoc/>
    public Tensor Extract(Tensor images)
    {
        var (features, probabilities) = Classify(images);
        probabilities.Dispose();
        return features;
    }

    /// <summary>Features [n, 128] and the classes' probabilities [n, 10], both float32; the caller disposes both.</summary>
    /// <param name="images">Bytes 0 … 255 as uint8, [n, 1, 28, 28].</param>
    /// <exception cref="ArgumentException">Another shape or type.</exception>
    public (Tensor Features, Tensor Probabilities) Classify(Tensor images)
    {
        const int size = FashionClassifierNetwork.ImageSize;
        if (images.dtype != ScalarType.Byte || images.shape is not [> 0, 1, size, size])
        {
            throw new ArgumentException(
                $"The classifier takes uint8 images [n, 1, {size}, {size}], these are {images.dtype} [{string.Join(", ", images.shape)}].", nameof(images));
        }
        using var unrecorded = inference_mode();
        using var scope = NewDisposeScope();
        var batches = images.split(BatchSize).Select(Forward).ToList();
        return (cat(batches.Select(b => b.Features).ToList()).MoveToOuterDisposeScope(),
            nn.functional.softmax(cat(batches.Select(b => b.Logits).ToList()), 1).MoveToOuterDisposeScope());
    }

    public void Dispose() => _network.Dispose();

    /// <summary>One batch, with a scope of its own: the layers' outputs of many batches would fill the memory.</summary>
    private (Tensor Features, Tensor Logits) Forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (features, logits) = _network.forward(images);
        return (features.MoveToOuterDisposeScope(), logits.MoveToOuterDisposeScope());
    }
}
