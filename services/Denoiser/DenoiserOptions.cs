using System.ComponentModel.DataAnnotations;
using Ddpm.Networks;

namespace Ddpm.Denoiser;

/// <summary>What a row's bits may depend on.</summary>
public enum EvaluationMode
{
    /// <summary>On the row and the weights alone: not on its neighbours, their number or order, nor on the number of workers.</summary>
    Exact,

    /// <summary>In the last digits also on the rows that it is evaluated with.</summary>
    Fast,
}

/// <summary>Which library evaluates networks.</summary>
public enum EngineChoice
{
    /// <summary>ONNX Runtime on a CPU, Torch on a GPU.</summary>
    Auto,

    /// <summary>ONNX Runtime, on a CPU.</summary>
    Onnx,

    /// <summary>Torch, on any device.</summary>
    Torch,
}

/// <summary>In which numbers Torch's convolutions and attention compute.</summary>
public enum EvaluationPrecision
{
    /// <summary>bfloat16 in <c>fast</c> mode on a GPU, float32 otherwise.</summary>
    Auto,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16; normalisations, embeddings and the last convolution stay float32.</summary>
    Bfloat16,
}

/// <summary>How the Denoiser evaluates (section <c>Denoiser</c>).</summary>
public sealed class DenoiserOptions : IValidatableObject
{
    public const string Section = "Denoiser";

    /// <summary>Where networks are evaluated: <c>auto</c>, <c>cpu</c> or <c>cuda</c>. Default: <c>auto</c>.</summary>
    public DeviceChoice Device { get; set; } = DeviceChoice.Auto;

    /// <summary>
    /// Which library evaluates them: <c>auto</c>, <c>onnx</c> or <c>torch</c>. Default: <c>auto</c>, ONNX Runtime on a CPU and Torch on a GPU. Their
    /// predictions agree within 1e-5; which one made an image is recorded with it.
    /// </summary>
    public EngineChoice Engine { get; set; } = EngineChoice.Auto;

    /// <summary>What a row's bits may depend on: <c>exact</c> or <c>fast</c>. Default: <c>exact</c> on a CPU, <c>fast</c> on a GPU.</summary>
    public EvaluationMode? Mode { get; set; }

    /// <summary>
    /// In which numbers Torch's convolutions and attention compute: <c>auto</c>, <c>float32</c> or <c>bfloat16</c>. Default: <c>auto</c>, bfloat16 in
    /// <c>fast</c> mode on a GPU. In bfloat16 ε is off by about one part in a hundred, and the engine's name says so.
    /// </summary>
    public EvaluationPrecision Precision { get; set; } = EvaluationPrecision.Auto;

    /// <summary>
    /// Evaluations under way at once, each on one thread of its own. Default: the number of processors. Ignored on a GPU, where there is one.
    /// </summary>
    public int Workers { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// Rows that one forward pass holds at most; a guided row counts twice. Default: 32. ONNX Runtime takes at most 4, and Torch in <c>exact</c>
    /// mode on a CPU one row of a request. In <c>exact</c> mode on a GPU every pass holds exactly so many, empty ones included.
    /// </summary>
    public int MaxBatchRows { get; set; } = 32;

    /// <summary>Rows that may wait, over all requests; a request that comes when more would is refused. Default: 4096.</summary>
    public int QueueLimit { get; set; } = 4096;

    /// <summary>
    /// Memory for weights in MiB. When more are loaded, those unused for longest are dropped, never any that are in use. Default: 4096.
    /// </summary>
    public int MemoryBudgetMb { get; set; } = 4096;

    /// <summary>Requests of one stream under way at once; the stream is not read further until one is answered. Default: 256.</summary>
    public int MaxRequestsPerStream { get; set; } = 256;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        new[]
        {
            OutOfRange(nameof(Workers), Workers, 1, 1024),
            OutOfRange(nameof(MaxBatchRows), MaxBatchRows, 2, 1024),
            OutOfRange(nameof(QueueLimit), QueueLimit, 1, 1_000_000),
            OutOfRange(nameof(MemoryBudgetMb), MemoryBudgetMb, 1, 1_000_000),
            OutOfRange(nameof(MaxRequestsPerStream), MaxRequestsPerStream, 1, 65_536),
            Enum.IsDefined(Device) ? null : new ValidationResult($"{Section}:{nameof(Device)} is '{Device}' but must be auto, cpu or cuda."),
            Enum.IsDefined(Engine) ? null : new ValidationResult($"{Section}:{nameof(Engine)} is '{Engine}' but must be auto, onnx or torch."),
            Engine == EngineChoice.Onnx && Device == DeviceChoice.Cuda
                ? new ValidationResult($"{Section}:{nameof(Engine)} is 'onnx', which evaluates on a CPU, but {Section}:{nameof(Device)} is 'cuda': set one of them to auto.")
                : null,
            Enum.IsDefined(Precision) ? null : new ValidationResult($"{Section}:{nameof(Precision)} is '{Precision}' but must be auto, float32 or bfloat16."),
            Engine == EngineChoice.Onnx && Precision == EvaluationPrecision.Bfloat16
                ? new ValidationResult($"{Section}:{nameof(Precision)} is 'bfloat16', which Torch computes in, but {Section}:{nameof(Engine)} is 'onnx': set one of them to auto.")
                : null,
            Mode is null || Enum.IsDefined(Mode.Value) ? null : new ValidationResult($"{Section}:{nameof(Mode)} is '{Mode}' but must be exact or fast."),
        }.OfType<ValidationResult>();

    private static ValidationResult? OutOfRange(string name, int value, int minimum, int maximum) =>
        value >= minimum && value <= maximum
            ? null
            : new ValidationResult($"{Section}:{name} is {value} but must be {minimum} to {maximum}.", [name]);
}
