namespace Ddpm.Storage.Models;

/// <summary>The files that a version may have.</summary>
public static class VersionFiles
{
    /// <summary>Their names, in ordinal order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. new[] { CheckpointLayout.Config, CheckpointLayout.Weights, CheckpointLayout.Scheduler, CheckpointLayout.Index, CheckpointLayout.Card, CheckpointLayout.Recipe, CheckpointLayout.Training }
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Why a pickle is refused, and what would be right.</summary>
    public static string PickleRule(string name) => $"{name} is a pickle, which can run code when it is loaded: convert it to {CheckpointLayout.Weights}.";
}
