namespace Ddpm.Storage.Models;

/// <summary>The files that a version may have.</summary>
public static class VersionFiles
{
    private static readonly string[] PickleExtensions = [".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"];

    /// <summary>Their names, in ordinal order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. new[] { CheckpointFolder.Config, CheckpointFolder.Weights, CheckpointFolder.Scheduler, CheckpointFolder.Index, CheckpointFolder.Card, CheckpointFolder.Recipe, CheckpointFolder.Training }
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether a file of that name is a pickle, which can run code when it is loaded.</summary>
    public static bool IsPickle(string name) => PickleExtensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a pickle is refused, and what would be right.</summary>
    public static string PickleRule(string name) => $"{name} is a pickle, which can run code when it is loaded: convert it to {CheckpointFolder.Weights}.";
}
