using Ddpm.Storage.Jobs;
using Ddpm.V1;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>The contract's states and the database's, which carry the same numbers.</summary>
internal static class JobStates
{
    public static JobStatus ToStatus(JobState state) => (JobStatus)(int)state;

    public static bool IsEnd(this JobStatus status) => status is JobStatus.Succeeded or JobStatus.Failed or JobStatus.Cancelled;

    public static bool IsEnd(this JobState state) => state is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
