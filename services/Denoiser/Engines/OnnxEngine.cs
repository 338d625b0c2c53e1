using Ddpm.Networks;
using Ddpm.Safetensors;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Denoiser;

/// <summary>
/// ONNX Runtime on a CPU. A row's bits do not depend on the batch that it is evaluated in, nor on the threads, so exact mode costs nothing. Workers share
/// one session of one thread each, which does the most work in a time; a pass that is alone has all threads, and is done the sooner.
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

    /// <summary>One: a second row makes a pass twice as long and hardly less work.</summary>
    public int BriefBatchRows => 1;

    /// <summary>Half a dozen threads find little more to share in one image.</summary>
    public int LonePassThreads => Math.Min(Workers, 6);

    public void PrepareThread()
    {
        // A session's threads are given with the session.
    }

    public IDenoisingNetwork Load(string folder)
    {
        try
        {
            using var checkpoint = CheckpointFolder.Open(folder);
            return WarmUp.Of(new OnnxNetwork(checkpoint, LonePassThreads));
        }
        catch (Exception e) when (e is CheckpointException or InvalidConfigException or SafetensorsException or OnnxRuntimeException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }
}
