using TorchSharp;

namespace Ddpm.Networks;

/// <summary>The native library under TorchSharp.</summary>
public static class LibTorch
{
    private const string Advice =
        "A build with -p:TorchBackend=external takes libtorch 2.10 from the environment: name its lib folder in LD_LIBRARY_PATH. "
        + "Other builds bring it along: build or publish again, and copy all of the output.";

    private static readonly Lazy<Exception?> Failure = new(TryLoad);

    /// <summary>Loads it, once; whoever calls this before Torch's first use has a clear error where it is missing.</summary>
    /// <exception cref="LibTorchMissingException">It cannot be loaded.</exception>
    public static void Load()
    {
        if (Failure.Value is { } failure)
            throw new LibTorchMissingException($"libtorch cannot be loaded. {Advice}", failure);
    }

    private static Exception? TryLoad()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            return null;
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            return e;
        }
    }
}

/// <summary>libtorch cannot be loaded; the message says what to do.</summary>
public sealed class LibTorchMissingException(string message, Exception inner) : Exception(message, inner);
