using System.Numerics.Tensors;
using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser;

/// <summary>ε-predictions of a checkpoint folder without a server, by the same arithmetic and in <c>exact</c> mode: one image at a time, on all threads.</summary>
public sealed class OfflinePrediction : IDisposable
{
    private readonly IDenoisingNetwork _network;

    private OfflinePrediction(IDenoisingNetwork network) => _network = network;

    public NetworkDescription Network => _network.Description;

    /// <summary>Loads a checkpoint folder in Hugging Face's layout onto the CPU.</summary>
    /// <exception cref="InvalidDataException">It cannot be loaded; the message names the file and the rule.</exception>
    public static OfflinePrediction Open(string folder)
    {
        var engine = new OnnxEngine(Options.Create(new DenoiserOptions()));
        return new OfflinePrediction(engine.Load(folder));
    }

    /// <summary>Answers ε of one image. One smaller than the network's is surrounded evenly by zeros, and ε is cut back to its size.</summary>
    /// <param name="query">What is asked for; <see cref="NoiseQuery.X"/> is [C, height, width].</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <exception cref="ArgumentException">The image, the timestep or the class does not fit the network; the message names the rule.</exception>
    public float[] Predict(NoiseQuery query, int height, int width)
    {
        ThrowIfUnfit(query, height, width);
        var top = (Network.Height - height) / 2;
        var left = (Network.Width - width) / 2;
        var padded = new float[Network.Elements];
        CopyRows((small, large, count) => query.X.Span.Slice(small, count).CopyTo(padded.AsSpan(large)));
        var predicted = EpsilonPrediction.Predict(_network, [query with { X = padded }], spread: true)[0];
        var epsilon = new float[query.X.Length];
        CopyRows((small, large, count) => predicted.AsSpan(large, count).CopyTo(epsilon.AsSpan(small)));
        return epsilon;

        void CopyRows(Action<int, int, int> copy)
        {
            for (var channel = 0; channel < Network.Channels; channel++)
            {
                for (var y = 0; y < height; y++)
                    copy((channel * height + y) * width, (channel * Network.Height + top + y) * Network.Width + left, width);
            }
        }
    }

    public void Dispose() => _network.Dispose();

    private void ThrowIfUnfit(NoiseQuery query, int height, int width)
    {
        if (height < 1 || width < 1 || query.X.Length != (long)Network.Channels * height * width)
            throw new ArgumentException($"x must have {Network.Channels} channels: {query.X.Length} values are not [{Network.Channels}, {height}, {width}].");
        if (height > Network.Height || width > Network.Width || (Network.Height - height) % 2 != 0 || (Network.Width - width) % 2 != 0)
        {
            throw new ArgumentException(
                $"x must be {Network.Height}×{Network.Width}, or smaller by an even number of pixels, but is {height}×{width}.");
        }
        if (!TensorPrimitives.IsFiniteAll(query.X.Span))
            throw new ArgumentException("x must be finite.");
        if (!(query.Timestep >= 0 && query.Timestep <= Network.Schedule.Timesteps - 1))
            throw new ArgumentException($"t must be 0 to {Network.Schedule.Timesteps - 1}, is {query.Timestep}.");
        if (query.ClassLabel is { } label && (label < 0 || label >= Network.Classes))
            throw new ArgumentException($"The class must be 0 to {Network.Classes - 1}, is {label}.");
        if (query.ClassLabel is null && Network is { Classes: > 0, NullClass: null })
            throw new ArgumentException($"The network needs a class, 0 to {Network.Classes - 1}: it knows no null class.");
        if (query.GuidanceScale != 1 && (query.ClassLabel is null || Network.NullClass is null))
            throw new ArgumentException("Guidance needs a class, and a network that knows a null class.");
    }
}
