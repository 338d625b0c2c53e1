namespace Ddpm.Web.Theme;

/// <summary>The colours with which a visit begins.</summary>
/// <param name="IsDark">Dark instead of light.</param>
/// <param name="FollowsSystem">Nothing was chosen, so that the system's preference counts.</param>
public sealed record ThemeStart(bool IsDark, bool FollowsSystem);
