namespace Ddpm.Web.Browsing;

/// <summary>Which jobs the gallery lists, in people's words.</summary>
public enum StateFilter
{
    All,

    /// <summary>Queued or running.</summary>
    Running,
    Finished,
    Failed,
    Cancelled,
}
