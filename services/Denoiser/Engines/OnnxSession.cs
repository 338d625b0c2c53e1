using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Ddpm.Denoiser;

/// <summary>How sessions of ONNX Runtime are opened and fed here.</summary>
internal static class OnnxSession
{
    /// <summary>How every pass is run; safe for any number of threads.</summary>
    public static RunOptions Run { get; } = new();

    /// <summary>
    /// How long threads of a session spin for work, in microseconds. Between two layers of a pass there is some, so that they need no waking; between two passes
    /// they must not take the cores from others.
    /// </summary>
    private const string SpinMicroseconds = "50";

    /// <summary>Opens a network whose passes run on the thread that asks for them, and on so many less one of the session's own.</summary>
    public static InferenceSession Open(byte[] model, int threads = 1)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
        };
        options.AddSessionConfigEntry("session.intra_op.spin_duration_us", SpinMicroseconds);
        return new InferenceSession(model, options);
    }

    /// <summary>A tensor over the first elements of an array, which stays where it is until the value is disposed.</summary>
    public static OrtValue Tensor(float[] values, params long[] shape) =>
        OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(0, (int)shape.Aggregate((product, extent) => product * extent)), shape);
}
