using Ddpm.Storage.Jobs;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>
/// Where one stretch of a job's life, from its being taken up to its end or its being given up, keeps its records. Which stretch counts says the job's row, whose
/// numbered events only one process can write. A process that was paused, and comes back when another has long taken up the job, writes to a folder that nobody
/// reads.
/// </summary>
/// <param name="JobId">The job.</param>
/// <param name="Stretch">Name of the stretch; null: of a job from before stretches had names.</param>
internal readonly record struct StretchFolder(string JobId, string? Stretch)
{
    public string Key => Stretch is null ? JobKey(JobId) : $"{JobKey(JobId)}/{Stretch}";

    public static StretchFolder Of(JobRecord job) => new(job.Id, job.Stretch);

    /// <summary>Key of the folder that holds those of all stretches.</summary>
    public static string JobKey(string jobId) => $"jobs/{jobId}";
}
