namespace Ddpm.Networks.Onnx;

/// <summary>Whose operators a graph may use.</summary>
public enum OnnxDialect
{
    /// <summary>ONNX's own: every runtime of ONNX runs it.</summary>
    Portable,

    /// <summary>ONNX Runtime's besides, where one of them does the work of several.</summary>
    OnnxRuntime,
}
