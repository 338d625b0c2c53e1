namespace Ddpm.Storage.Files;

/// <summary>A folder that only one process may use is used by another.</summary>
public sealed class StorageInUseException(string message, Exception inner) : IOException(message, inner);
