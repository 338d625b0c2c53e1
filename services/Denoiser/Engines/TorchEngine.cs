using Ddpm.Hosting;
using Ddpm.Networks;
using Microsoft.Extensions.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Denoiser;

/// <summary>
/// TorchSharp. On a CPU it evaluates on single-threaded workers: libtorch's own threads spin while they wait, and starve each other when the
/// cores are busy. In exact mode a CPU takes one row of a request at a time and a GPU batches of one fixed shape, because libtorch chooses
/// its algorithms by shape.
/// </summary>
public sealed class TorchEngine : IDenoisingEngine
{
    /// <summary>Up to some such batch a pass on a GPU takes about as long as one of a single row.</summary>
    private const int CudaBriefBatch = 8;

    private readonly Device _device;
    private readonly int? _fixedBatch;
    private readonly bool _bfloat16;

    /// <exception cref="StartRefusedException">The device asked for is not there.</exception>
    public TorchEngine(IOptions<DenoiserOptions> options)
    {
        var wanted = options.Value;
        _device = TorchDevice.Find(wanted.Device)
            ?? throw new StartRefusedException($"{DenoiserOptions.Section}:{nameof(DenoiserOptions.Device)} {TorchDevice.NoCuda}");
        var cuda = _device.IsCuda();
        Mode = wanted.Mode ?? (cuda ? EvaluationMode.Fast : EvaluationMode.Exact);
        _bfloat16 = wanted.Precision == EvaluationPrecision.Bfloat16 || (wanted.Precision == EvaluationPrecision.Auto && cuda && Mode == EvaluationMode.Fast);
        Name = $"torch-{(cuda ? "cuda" : "cpu")}{(_bfloat16 ? "-bf16" : "")}";
        Workers = cuda ? 1 : wanted.Workers;
        MaxBatchRows = !cuda && Mode == EvaluationMode.Exact ? 1 : wanted.MaxBatchRows;
        BriefBatchRows = cuda ? Math.Min(wanted.MaxBatchRows, CudaBriefBatch) : 1;
        _fixedBatch = cuda && Mode == EvaluationMode.Exact ? wanted.MaxBatchRows : null;
        Device = cuda ? $"CUDA device 0 of {torch.cuda.device_count()}" : $"CPU, {Workers} of {Environment.ProcessorCount} processors";
    }

    public string Name { get; }

    public string Device { get; }

    public EvaluationMode Mode { get; }

    public int Workers { get; }

    public int MaxBatchRows { get; }

    public int BriefBatchRows { get; }

    public int LonePassThreads => 1;

    /// <summary>Thread counts are libtorch's per calling thread.</summary>
    public void PrepareThread() => set_num_threads(1);

    public IDenoisingNetwork Load(string folder) => TorchFaults.Named(() =>
    {
        var checkpoint = Checkpoint.Load(folder, _device);
        if (_bfloat16)
            checkpoint.Network.UseBfloat16();
        return WarmUp.Of(new TorchNetwork(checkpoint, _device, _fixedBatch));
    });
}
