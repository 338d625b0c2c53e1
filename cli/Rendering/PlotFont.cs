using ScottPlot;
using SkiaSharp;

namespace Ddpm.Cli.Rendering;

/// <summary>The font of plots: IBM Plex Sans, as in the gallery. It comes with the program, for a server need not have any font.</summary>
internal sealed class PlotFont : IFontResolver
{
    public const string Name = "IBM Plex Sans";

    private static readonly Lazy<PlotFont> Instance = new(() =>
    {
        var font = new PlotFont();
        Fonts.FontResolvers.Insert(0, font);
        return font;
    });

    /// <summary>Lets a plot write in it.</summary>
    public static void Use(Plot plot)
    {
        _ = Instance.Value;
        plot.Font.Set(Name);
    }

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        fontName == Name ? SKTypeface.FromStream(typeof(PlotFont).Assembly.GetManifestResourceStream(Name)) : null;

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => CreateTypeface(fontName, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);
}
