namespace Ddpm.Web.Following;

/// <summary>What there is to see of a trajectory now.</summary>
/// <param name="Step">Steps completed when it looked like this.</param>
/// <param name="Source">Source of an <c>img</c>: a data URI for a live preview, a media address otherwise.</param>
public sealed record TrajectoryImage(int Step, string Source);
