namespace Ddpm.Storage.Models;

/// <summary>The store has no such model, version or alias.</summary>
public sealed class ModelNotFoundException(string message) : Exception(message);

/// <summary>A stored file does not have the bytes that were published.</summary>
public sealed class ModelCorruptException(string message) : Exception(message);

/// <summary>A folder is not a checkpoint that can be served; the message names the file, the field and the rule.</summary>
public sealed class InvalidModelException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A version cannot be removed: an alias names it.</summary>
public sealed class ModelInUseException(string message) : Exception(message);
