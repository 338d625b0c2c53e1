namespace Ddpm.Storage.Files;

/// <summary>
/// A server that keeps something does not answer, and went on not answering while it was asked again; whether a write reached it is not known. Carries the code
/// that the system has for that.
/// </summary>
public sealed class StorageUnavailableException : IOException
{
    private const int TimedOut = 110;

    public StorageUnavailableException(Exception inner) : this($"The storage does not answer: {inner.GetBaseException().Message}", inner)
    {
    }

    public StorageUnavailableException(string message, Exception? inner = null) : base(message, inner) => HResult = TimedOut;
}
