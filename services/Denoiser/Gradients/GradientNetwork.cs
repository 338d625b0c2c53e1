using System.Runtime.InteropServices;
using Ddpm.Networks;
using Ddpm.Storage.Models;
using static TorchSharp.torch;

namespace Ddpm.Denoiser;

/// <summary>A checkpoint's U-Net on a Torch device, with the gradient of ε in x.</summary>
internal sealed class GradientNetwork : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly Device _device;

    private GradientNetwork(Checkpoint checkpoint, Device device)
    {
        _checkpoint = checkpoint;
        _device = device;
        try
        {
            Description = NetworkDescription.Of(checkpoint.Network.Config, checkpoint.Scheduler);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        // Gradients are of x alone.
        foreach (var parameter in checkpoint.Network.parameters())
            parameter.requires_grad = false;
    }

    /// <summary>Recorded with every answer.</summary>
    public string Engine => $"torch-{(_device.IsCuda() ? "cuda" : "cpu")}";

    public NetworkDescription Description { get; }

    /// <exception cref="InvalidDataException">It cannot be loaded; the message names the file and the rule.</exception>
    public static GradientNetwork Load(string folder, Device device) =>
        TorchFaults.Named(() => new GradientNetwork(Checkpoint.Load(folder, device), device));

    /// <summary>ε as <see cref="EpsilonPrediction"/> has it, and vᵀ ∂ε/∂x.</summary>
    /// <param name="query">What fits the network.</param>
    /// <param name="vector">v, [C, H, W] row-major.</param>
    public (float[] Noise, float[] Product) Evaluate(NoiseQuery query, ReadOnlyMemory<float> vector)
    {
        using var scope = NewDisposeScope();
        var x = OnDevice(query.X).requires_grad_();
        var conditional = Epsilon(x, query, query.GuidanceScale == 0 ? null : query.ClassLabel);
        var noise = conditional;
        if (query.IsGuided)
        {
            // ε̂ = ε(∅) + w (ε(c) − ε(∅)).
            var unconditional = Epsilon(x, query, null);
            noise = unconditional + ((conditional - unconditional) * query.GuidanceScale);
        }
        var product = autograd.grad([noise], [x], [OnDevice(vector)])[0];
        return (ToArray(noise), ToArray(product));
    }

    public void Dispose() => _checkpoint.Dispose();

    private Tensor Epsilon(Tensor x, NoiseQuery query, int? label)
    {
        var timestep = tensor([(float)query.Timestep], device: _device);
        var embedded = label ?? Description.NullClass;
        var classes = _checkpoint.Network.Config.NumClassEmbeds is null ? null : tensor([(long)(embedded ?? 0)], device: _device);
        // A network that learned its variance has it in further channels.
        var output = _checkpoint.Network.forward(x, timestep, classes).narrow(1, 0, Description.Channels);
        if (Description.Prediction == PredictionTarget.Epsilon)
            return output;
        var alphaBar = Description.Schedule.AlphaBar(query.Timestep);
        var (signal, noise) = (Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        return Description.Prediction == PredictionTarget.V
            ? (output * signal) + (x * noise)
            : (x - (output * signal)) / noise;
    }

    private Tensor OnDevice(ReadOnlyMemory<float> values) =>
        tensor(values.ToArray(), [1, Description.Channels, Description.Height, Description.Width], device: _device);

    private static float[] ToArray(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.detach().cpu().contiguous().bytes).ToArray();
}
