namespace Ddpm.Storage.Files;

/// <summary>A database could not be written because the disk is full; carries the code that the system has for that.</summary>
public sealed class StorageFullException : IOException
{
    private const int NoSpaceLeftOnDevice = 28;

    public StorageFullException(Exception inner) : base("The disk is full.", inner) => HResult = NoSpaceLeftOnDevice;
}
