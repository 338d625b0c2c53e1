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
        MemoryBytes = checkpoint.Network.ParameterCount * sizeof(float);
    }

    public NetworkDescription Description { get; }

    public long MemoryBytes { get; }

    public float[][] Evaluate(IReadOnlyList<NetworkRow> rows, bool spread = false)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var batch = Math.Max(rows.Count, _fixedBatch ?? 0);
        var x = zeros(batch, Description.Channels, Description.Height, Description.Width);
        var elements = MemoryMarshal.Cast<byte, float>(x.bytes);
        var timesteps = new float[batch];
        var classes = new long[batch];
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].X.Span.CopyTo(elements[(i * Description.Elements)..]);
            timesteps[i] = (float)rows[i].Timestep;
            classes[i] = rows[i].EmbeddedClass ?? 0;
        }
        var output = _checkpoint.Network
            .forward(x.to(_device), tensor(timesteps, device: _device), _checkpoint.Network.Config.NumClassEmbeds is not null ? tensor(classes, device: _device) : null)
            // A network that learned its variance has it in further channels; samplers choose theirs.
            .narrow(1, 0, Description.Channels)
            .cpu().contiguous();

        var values = MemoryMarshal.Cast<byte, float>(output.bytes);
        var predictions = new float[rows.Count][];
        for (var i = 0; i < predictions.Length; i++)
            predictions[i] = values.Slice(i * Description.Elements, Description.Elements).ToArray();
        return predictions;
    }

    public void Dispose() => _checkpoint.Dispose();
}
