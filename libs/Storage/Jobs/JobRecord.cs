using Ddpm.Storage.Databases;

namespace Ddpm.Storage.Jobs;

/// <summary>Where a job is in its life.</summary>
public enum JobStatus
{
    Queued = 1,
    Running = 2,
    Succeeded = 3,
    Failed = 4,
    Cancelled = 5,
}

/// <summary>One job: the columns that are looked for, and the job itself as the contract's bytes.</summary>
public sealed class JobRecord : ISubmitted
{
    /// <summary>UUID version 7 in its usual form: its order is the order of submission.</summary>
    public required string Id { get; init; }

    /// <summary>The client's own id of the submission; null when it gave none.</summary>
    public string? RequestId { get; init; }

    public required string Model { get; init; }

    public required string Sampler { get; init; }

    public required JobStatus Status { get; set; }

    /// <summary>Whether a client has asked for an end; takes effect at the next step, also after a restart.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>Stretch of the job's life whose images and checkpoints count; null before the first, and of jobs from before stretches had names.</summary>
    public string? Stretch { get; set; }

    /// <summary>Number of the newest event.</summary>
    public long LastEvent { get; set; }

    /// <summary>What was asked for, as the contract's JobSpec; never changes.</summary>
    public required byte[] Spec { get; init; }

    /// <summary>The job as it is now, as the contract's Job.</summary>
    public required byte[] Job { get; set; }
}

/// <summary>One numbered event of a job, as the contract's JobEvent without previews.</summary>
public sealed class JobEventRecord
{
    public required string JobId { get; init; }

    public required long Number { get; init; }

    public required byte[] Event { get; init; }
}

/// <summary>Which jobs a listing takes; empty means all.</summary>
public sealed record JobFilter(IReadOnlyCollection<JobStatus> Statuses, string Model, string Sampler);
