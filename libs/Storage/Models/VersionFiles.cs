namespace Ddpm.Storage.Models;

/// <summary>The files that a version may have.</summary>
public static class VersionFiles
{
    /// <summary>Their names, in ordinal order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. new[] { CheckpointFolder.Config, CheckpointFolder.Weights, CheckpointFolder.Scheduler, CheckpointFolder.Index, CheckpointFolder.Card, CheckpointFolder.Recipe, CheckpointFolder.Training }
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Why a pickle is refused, and what would be right.</summary>
    public static string PickleRule(string name) => $"{name} is a pickle, which can run code when it is loaded: convert it to {CheckpointFolder.Weights}.";
}
