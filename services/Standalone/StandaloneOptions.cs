namespace Ddpm.Standalone;

/// <summary>How the whole system is started in one process. What is null is taken from configuration, then from the defaults.</summary>
public sealed record StandaloneOptions
{
    /// <summary>Command line: <c>--Section:Key=value</c>.</summary>
    public string[] Arguments { get; init; } = [];

    /// <summary>Whether ports are chosen freely instead of the well-known ones: for a system that lives for one command.</summary>
    public bool EphemeralPorts { get; init; }

    /// <summary>Whether the gallery is served too. Default: true.</summary>
    public bool WithGallery { get; init; } = true;

    /// <summary>Folder of models, jobs and images. Null: <c>Storage:Root</c>, <c>DDPM_DATA</c> or <c>./data</c>.</summary>
    public string? DataRoot { get; init; }

    /// <summary>Whether SIGINT and SIGTERM stop it. False where the caller answers to them. Default: true.</summary>
    public bool HandlesSignals { get; init; } = true;

    /// <summary>Whether the log stays silent but for errors. Default: false.</summary>
    public bool Quiet { get; init; }
}
