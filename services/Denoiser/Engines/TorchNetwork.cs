using System.Runtime.InteropServices;
using Ddpm.Networks;
using static TorchSharp.torch;

namespace Ddpm.Denoiser;

/// <summary>A checkpoint's U-Net on a Torch device.</summary>
internal sealed class TorchNetwork : IDenoisingNetwork
{
    private readonly Checkpoint _checkpoint;
    private readonly Device _device;
    private readonly int? _fixedBatch;

    /// <param name="checkpoint">Taken over.</param>
    /// <param name="device">Where its weights are.</param>
    /// <param name="fixedBatch">Rows that every forward pass has, filled up with zeros; null: as many as are asked for.</param>
    /// <exception cref="InvalidConfigException">Its files do not say what images it takes.</exception>
    public TorchNetwork(Checkpoint checkpoint, Device device, int? fixedBatch)
    {
        _checkpoint = checkpoint;
        _device = device;
        _fixedBatch = fixedBatch;
        try
        {
            Description = NetworkDescription.Of(checkpoint.Network.Config, checkpoint.Scheduler);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        MemoryBytes = checkpoint.Network.parameters().Sum(parameter => parameter.numel() * parameter.element_size());
    }

    public NetworkDescription Description { get; }

    public long MemoryBytes { get; }

    public float[][] Evaluate(IReadOnlyList<NetworkRow> rows, bool spread = false)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var batch = Math.Max(rows.Count, _fixedBatch ?? 0);
        var x = OnHost(batch, Description.Channels, Description.Height, Description.Width);
        var timesteps = OnHost(batch);
        var classes = OnHost(int64, batch);
        var elements = MemoryMarshal.Cast<byte, float>(x.bytes);
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].X.Span.CopyTo(elements[(i * Description.Elements)..]);
            MemoryMarshal.Cast<byte, float>(timesteps.bytes)[i] = (float)rows[i].Timestep;
            MemoryMarshal.Cast<byte, long>(classes.bytes)[i] = rows[i].EmbeddedClass ?? 0;
        }
        var output = _checkpoint.Network
            .forward(OnDevice(x), OnDevice(timesteps), _checkpoint.Network.Config.NumClassEmbeds is not null ? OnDevice(classes) : null)
            .cpu().contiguous();

        var values = MemoryMarshal.Cast<byte, float>(output.bytes);
        var predictions = new float[rows.Count][];
        for (var i = 0; i < predictions.Length; i++)
            predictions[i] = values.Slice(i * Description.OutputElements, Description.OutputElements).ToArray();
        return predictions;
    }

    public void Dispose() => _checkpoint.Dispose();

    private Tensor OnHost(params ReadOnlySpan<long> shape) => OnHost(float32, shape);

    /// <summary>Zeros that a GPU fetches by itself: from memory that is not paged.</summary>
    private Tensor OnHost(ScalarType type, params ReadOnlySpan<long> shape)
    {
        var host = zeros(shape.ToArray(), type);
        return _device.IsCuda() ? host.pin_memory() : host;
    }

    /// <summary>Nobody waits for the copy but the pass that follows it on the device.</summary>
    private Tensor OnDevice(Tensor host) => _device.IsCuda() ? host.to(_device, non_blocking: true) : host;
}
