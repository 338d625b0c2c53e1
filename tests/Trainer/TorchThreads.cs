using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Ddpm.Trainer;

internal static class TorchThreads
{
    /// <summary>One thread: libtorch's threads spin, and collapse where other tests run beside them.</summary>
    [ModuleInitializer]
    public static void UseOne() => set_num_threads(1);
}
