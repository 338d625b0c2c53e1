using System.Buffers;
using Ddpm.Networks;
using Ddpm.Networks.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Denoiser;

/// <summary>
/// A checkpoint's U-Net in ONNX Runtime: one session for what depends on timestep and class alone, and for the rest one whose passes run on the calling
/// thread and one whose passes are spread over several.
/// </summary>
internal sealed class OnnxNetwork : IDenoisingNetwork
{
    private readonly TimeTable _times;
    private readonly InferenceSession _body;
    private readonly InferenceSession? _spreadBody;

    /// <param name="checkpoint">Read, and not needed further.</param>
    /// <param name="spreadThreads">Threads of a pass that is spread; 1: none is.</param>
    /// <exception cref="CheckpointException">The weights do not fit config.json.</exception>
    /// <exception cref="InvalidConfigException">Its files do not say what images it takes.</exception>
    public OnnxNetwork(CheckpointFolder checkpoint, int spreadThreads)
    {
        Description = NetworkDescription.Of(checkpoint.Config, checkpoint.Scheduler);
        var (embedding, body) = OnnxExport.Parts(checkpoint);
        MemoryBytes = embedding.Length + (spreadThreads > 1 ? 2L : 1) * body.Length;
        _times = new TimeTable(embedding);
        try
        {
            _body = OnnxSession.Open(body);
            _spreadBody = spreadThreads > 1 ? OnnxSession.Open(body, spreadThreads) : null;
        }
        catch
        {
            _body?.Dispose();
            _times.Dispose();
            throw;
        }
    }

    public NetworkDescription Description { get; }

    public long MemoryBytes { get; }

    public float[][] Evaluate(IReadOnlyList<NetworkRow> rows, bool spread = false)
    {
        var (elements, timeElements) = (Description.Elements, _times.Elements);
        var outputElements = Description.OutputElements;
        var x = ArrayPool<float>.Shared.Rent(rows.Count * elements);
        var times = ArrayPool<float>.Shared.Rent(rows.Count * timeElements);
        var output = ArrayPool<float>.Shared.Rent(rows.Count * outputElements);
        try
        {
            for (var i = 0; i < rows.Count; i++)
            {
                rows[i].X.Span.CopyTo(x.AsSpan(i * elements));
                _times.Of((float)rows[i].Timestep, rows[i].EmbeddedClass).CopyTo(times.AsSpan(i * timeElements));
            }
            using var xValue = OnnxSession.Tensor(x, rows.Count, Description.Channels, Description.Height, Description.Width);
            using var timesValue = OnnxSession.Tensor(times, rows.Count, timeElements, 1, 1);
            using var outputValue = OnnxSession.Tensor(output, rows.Count, Description.OutputChannels, Description.Height, Description.Width);
            (spread ? _spreadBody ?? _body : _body).Run(OnnxSession.Run, [OnnxExport.Sample, OnnxExport.Times], [xValue, timesValue], [OnnxExport.OutSample], [outputValue]);
            var predictions = new float[rows.Count][];
            for (var i = 0; i < predictions.Length; i++)
                predictions[i] = output.AsSpan(i * outputElements, outputElements).ToArray();
            return predictions;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(x);
            ArrayPool<float>.Shared.Return(times);
            ArrayPool<float>.Shared.Return(output);
        }
    }

    public void Dispose()
    {
        _body.Dispose();
        _spreadBody?.Dispose();
        _times.Dispose();
    }
}
