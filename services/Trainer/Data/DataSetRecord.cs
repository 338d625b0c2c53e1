namespace Ddpm.Trainer.Data;

/// <summary>A data set that has been inspected.</summary>
public sealed record DataSetRecord
{
    public required string Name { get; init; }

    public required DataSetReport Report { get; init; }

    /// <summary>When it was added, or first looked at.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its files together.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>For one on the Trainer's machine: the state of its folder when it was inspected. Null: it was uploaded.</summary>
    public string? LocalStamp { get; init; }
}
