using static TorchSharp.torch;

namespace Ddpm.Bench.Subjects;

/// <summary>What this machine multiplies float32 matrices at, by libtorch on all threads.</summary>
internal sealed class MatrixProduct(OwnThread thread) : IDisposable
{
    private const int Extent = 2048;

    private readonly Tensor _a = Filled();
    private readonly Tensor _b = Filled();

    /// <summary>Floating-point operations of one product.</summary>
    public static double Operations => 2.0 * Extent * Extent * Extent;

    public Task RunAsync() => thread.RunAsync(() =>
    {
        set_num_threads(Environment.ProcessorCount);
        using var product = _a.mm(_b);
    });

    private static Tensor Filled()
    {
        set_num_threads(1);
        return randn(Extent, Extent);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }
}
