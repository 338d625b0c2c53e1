namespace Ddpm.Web.Following;

public enum FollowPhase
{
    /// <summary>Nothing is known of the job yet.</summary>
    Loading,

    /// <summary>The job is queued or running; its events are read as they happen.</summary>
    Live,

    /// <summary>The job has ended.</summary>
    Ended,

    /// <summary>There is no such job.</summary>
    Missing,
}
