using Ddpm.Storage.Databases;

namespace Ddpm.Storage.Runs;

/// <summary>Where a training run is in its life.</summary>
public enum RunStatus
{
    Queued = 1,
    Running = 2,
    Succeeded = 3,
    Failed = 4,
    Stopped = 5,
}

/// <summary>One training run: the columns that are looked for, and the run itself as the contract's bytes.</summary>
public sealed class RunRecord : ISubmitted
{
    /// <summary>UUID version 7 in its usual form: its order is the order of submission.</summary>
    public required string Id { get; init; }

    /// <summary>The client's own id of the submission; null when it gave none.</summary>
    public string? RequestId { get; init; }

    public required RunStatus Status { get; set; }

    /// <summary>Number of the newest event.</summary>
    public long LastEvent { get; set; }

    /// <summary>The run as it is now, as the contract's Run.</summary>
    public required byte[] Run { get; set; }
}

/// <summary>One numbered event of a run, as the contract's RunEvent.</summary>
public sealed class RunEventRecord
{
    public required string RunId { get; init; }

    public required long Number { get; init; }

    public required byte[] Event { get; init; }
}
