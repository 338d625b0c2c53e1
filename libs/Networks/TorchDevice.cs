using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>Where networks are evaluated or trained.</summary>
public enum DeviceChoice
{
    /// <summary>CUDA when there is one, otherwise the CPU.</summary>
    Auto,
    Cpu,
    Cuda,
}

/// <summary>Torch's devices by what an operator chose.</summary>
public static class TorchDevice
{
    /// <summary>What to say after the setting's name where <see cref="Find"/> finds nothing.</summary>
    public const string NoCuda =
        "is 'cuda' but libtorch finds no CUDA device: use a build with -p:TorchBackend=cuda on a machine that has one, or set it to 'cpu' or 'auto'.";

    /// <summary>The device; null where CUDA is asked for and there is none.</summary>
    /// <exception cref="LibTorchMissingException">libtorch cannot be loaded.</exception>
    public static Device? Find(DeviceChoice choice)
    {
        LibTorch.Load();
        var cuda = choice != DeviceChoice.Cpu && cuda_is_available();
        return cuda ? CUDA : choice == DeviceChoice.Cuda ? null : CPU;
    }

    /// <summary>Whether it is a GPU.</summary>
    public static bool IsCuda(this Device device) => device.type == DeviceType.CUDA;
}
