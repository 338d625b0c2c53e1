namespace Ddpm.Web.Theme;

/// <summary>Cookies that let the first page come in the right colours; written by <c>js/gallery.js</c>.</summary>
public static class ThemeCookies
{
    /// <summary>What the person chose; absent: as the system.</summary>
    public const string Chosen = "theme";

    /// <summary>What the system was last seen to prefer.</summary>
    public const string System = "theme-system";

    public const string Dark = "dark";
    public const string Light = "light";
}
