using Ddpm.Networks;
using Ddpm.Safetensors;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Denoiser;

/// <summary>
/// ONNX Runtime on a CPU. A row's bits do not depend on the batch that it is evaluated in, so exact mode costs nothing. Workers share one session
/// of one thread each: the runtime's own threads spin while they wait, and starve each other when the cores are busy.
/// </summary>
public sealed class OnnxEngine(IOptions<DenoiserOptions> options) : IDenoisingEngine
{
    /// <summary>More rows at once are slower, not faster: what passes between the layers no longer fits into a processor's caches.</summary>
    private const int LargestBatch = 4;

    public string Name => "onnxruntime-cpu";

    public string Device => $"CPU, {Workers} of {Environment.ProcessorCount} processors";

    public EvaluationMode Mode => options.Value.Mode ?? EvaluationMode.Exact;

    public int Workers => options.Value.Workers;

    public int MaxBatchRows => Math.Min(options.Value.MaxBatchRows, LargestBatch);

    public void PrepareThread()
    {
        // A session's threads are given with the session.
    }

    public IDenoisingNetwork Load(string folder)
    {
        try
        {
            using var checkpoint = CheckpointFolder.Open(folder);
            return new OnnxNetwork(checkpoint);
        }
        catch (Exception e) when (e is CheckpointException or InvalidConfigException or SafetensorsException or OnnxRuntimeException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }
}
