using Ddpm.V1;

namespace Ddpm.Web.Following;

public static class JobExtensions
{
    /// <summary>Whether nothing will happen to the job any more.</summary>
    public static bool HasEnded(this Job job) => job.State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
