using static TorchSharp.torch;

namespace Ddpm.Bench.Subjects;

/// <summary>What this machine multiplies float32 matrices at, by libtorch on all threads.</summary>
internal sealed class MatrixProduct(int extent, OwnThread thread) : IDisposable
{
    private readonly Tensor _a = Filled(extent);
    private readonly Tensor _b = Filled(extent);

    /// <summary>Floating-point operations of one product.</summary>
    public double Operations => 2.0 * extent * extent * extent;

    public Task RunAsync() => thread.RunAsync(() =>
    {
        set_num_threads(Environment.ProcessorCount);
        using var product = _a.mm(_b);
    });

    private static Tensor Filled(int extent)
    {
        set_num_threads(1);
        return randn(extent, extent);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }
}
