using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Ddpm.Denoiser;

/// <summary>How sessions of ONNX Runtime are opened and fed here.</summary>
internal static class OnnxSession
{
    /// <summary>How every pass is run; safe for any number of threads.</summary>
    public static RunOptions Run { get; } = new();

    /// <summary>Opens a network whose passes run on the thread that asks for them.</summary>
    public static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
        };
        return new InferenceSession(model, options);
    }

    /// <summary>A tensor over the first elements of an array, which stays where it is until the value is disposed.</summary>
    public static OrtValue Tensor(float[] values, params long[] shape) =>
        OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(0, (int)shape.Aggregate((product, extent) => product * extent)), shape);
}
