using MudBlazor;

namespace Ddpm.Web.Theme;

/// <summary>The gallery's look: warm paper or deep slate as the noise, one teal as the signal, ochre for what is under way.</summary>
public static class GalleryTheme
{
    private static readonly string[] Text = ["IBM Plex Sans", "system-ui", "sans-serif"];
    private static readonly string[] Display = ["Fraunces", "Georgia", "serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0b6660",
            PrimaryContrastText = "#ffffff",
            Secondary = "#9a6412",
            SecondaryContrastText = "#ffffff",
            Tertiary = "#4a5568",
            Info = "#2b5f8a",
            Success = "#2f6f3e",
            Warning = "#9a6412",
            Error = "#b3372c",
            ErrorContrastText = "#ffffff",
            Background = "#f6f3ec",
            BackgroundGray = "#ebe6da",
            Surface = "#fdfbf6",
            AppbarBackground = "#f6f3ec",
            AppbarText = "#23262b",
            TextPrimary = "#23262b",
            TextSecondary = "#5b5f66",
            TextDisabled = "#8f9298",
            ActionDefault = "#5b5f66",
            ActionDisabled = "#a9abaf",
            ActionDisabledBackground = "#e2ddd0",
            LinesDefault = "#dcd5c5",
            LinesInputs = "#a39d8e",
            TableLines = "#e4decf",
            Divider = "#dcd5c5",
            DividerLight = "#ebe6da",
            Skeleton = "#e4decf",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#62cbbd",
            PrimaryContrastText = "#0d1f1d",
            Secondary = "#e0b25c",
            SecondaryContrastText = "#241a06",
            Tertiary = "#a8b0bd",
            Info = "#86b7de",
            Success = "#86c995",
            Warning = "#e0b25c",
            Error = "#f08a7c",
            ErrorContrastText = "#2a0b07",
            Background = "#14171a",
            BackgroundGray = "#0f1214",
            Surface = "#1c2024",
            AppbarBackground = "#14171a",
            AppbarText = "#e8e6e0",
            TextPrimary = "#e8e6e0",
            TextSecondary = "#a4a7ab",
            TextDisabled = "#6c7075",
            ActionDefault = "#a4a7ab",
            ActionDisabled = "#565b60",
            ActionDisabledBackground = "#262b30",
            LinesDefault = "#2e3439",
            LinesInputs = "#5d646b",
            TableLines = "#2a2f34",
            Divider = "#2e3439",
            DividerLight = "#23282c",
            Skeleton = "#262b30",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", AppbarHeight = "60px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Text, FontSize = "0.9375rem", LineHeight = "1.5", LetterSpacing = "normal" },
            H1 = new H1Typography { FontFamily = Display, FontSize = "2.25rem", FontWeight = "480", LineHeight = "1.15", LetterSpacing = "-0.01em" },
            H2 = new H2Typography { FontFamily = Display, FontSize = "1.5rem", FontWeight = "500", LineHeight = "1.25", LetterSpacing = "-0.005em" },
            H3 = new H3Typography { FontFamily = Display, FontSize = "1.1875rem", FontWeight = "520", LineHeight = "1.3", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = Text, FontSize = "0.9375rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = Text, FontSize = "0.8438rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Text, FontSize = "0.9375rem", FontWeight = "550", TextTransform = "none", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontFamily = Text, FontSize = "0.8125rem", LetterSpacing = "normal" },
        },
    };
}
