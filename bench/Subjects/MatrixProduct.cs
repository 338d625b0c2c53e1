using static TorchSharp.torch;

namespace Ddpm.Bench.Subjects;

/// <summary>What this machine multiplies float32 matrices at, by libtorch on all threads.</summary>
internal sealed class MatrixProduct(int extent, OwnThread thread) : IDisposable
{
    private readonly Tensor _a = randn(extent, extent);
    private readonly Tensor _b = randn(extent, extent);

    /// <summary>Floating-point operations of one product.</summary>
    public double Operations => 2.0 * extent * extent * extent;

    public Task RunAsync() => thread.RunAsync(() =>
    {
        set_num_threads(Environment.ProcessorCount);
        using var product = _a.mm(_b);
    });

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }
}
