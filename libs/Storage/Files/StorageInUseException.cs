namespace Ddpm.Storage.Files;

/// <summary>A folder, or what a database keeps, that only one process may use is used by another.</summary>
public sealed class StorageInUseException(string message, Exception? inner = null) : IOException(message, inner);
