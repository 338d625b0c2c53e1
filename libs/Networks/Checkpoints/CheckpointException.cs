namespace Ddpm.Networks;

/// <summary>A checkpoint folder lacks a file, holds a pickle, or its weights do not fit its config.json.</summary>
public sealed class CheckpointException(string folder, string problem) : Exception($"{folder}: {problem}")
{
    public string Folder { get; } = folder;
}
