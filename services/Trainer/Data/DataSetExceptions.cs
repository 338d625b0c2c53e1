namespace Ddpm.Trainer.Data;

/// <summary>No data set of that name is here; the message is a rule that follows the field's name.</summary>
public sealed class DataSetNotFoundException(string message) : Exception(message);

/// <summary>There is another data set of that name.</summary>
public sealed class DataSetExistsException(string name)
    : Exception($"There is another data set '{name}'. Data sets never change: take another name, or delete that one first.");

/// <summary>The data set lies on the Trainer's machine and is not the Trainer's to delete.</summary>
public sealed class DataSetNotOwnedException(string name, string folder)
    : Exception($"Data set '{name}' lies in {folder} on the Trainer's machine; it is deleted there.");
