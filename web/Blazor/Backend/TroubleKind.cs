namespace Ddpm.Web.Backend;

public enum TroubleKind
{
    /// <summary>No answer: worth trying again by itself.</summary>
    Unreachable,

    /// <summary>The thing asked for is not there.</summary>
    NotFound,

    /// <summary>Too much to do at present.</summary>
    Busy,

    /// <summary>Understood and not accepted.</summary>
    Refused,

    /// <summary>A defect or damage on the other side.</summary>
    Failed,
}
