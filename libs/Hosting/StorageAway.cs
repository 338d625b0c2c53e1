namespace Ddpm.Hosting;

/// <summary>Tells a storage server that does not answer from other failures of input and output.</summary>
public static class StorageAway
{
    public const string Message = "The server's storage does not answer. Try again in a while.";

    // ETIMEDOUT as .NET puts it in HResult on Unix; the stores set it on every system.
    private const int TimedOut = 110;

    public static bool Is(IOException exception) => exception.HResult == TimedOut;
}
