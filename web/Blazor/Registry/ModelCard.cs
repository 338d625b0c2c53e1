using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;

namespace Ddpm.Web.Registry;

/// <summary>
/// A model card as HTML. Its author is anyone who could publish: HTML in it is shown as text, pictures are their description, and links lead
/// to other sites or nowhere.
/// </summary>
public static class ModelCard
{
    // Below the page's h1 and the section's h2.
    private const int HeadingsBelow = 2;
    private const int LowestHeading = 6;

    private static readonly MarkdownPipeline Markdown = new MarkdownPipelineBuilder().DisableHtml().UseYamlFrontMatter().UsePipeTables().Build();

    /// <summary>Renders a card.</summary>
    public static MarkupString Render(string card)
    {
        try
        {
            var document = Markdig.Markdown.Parse(card, Markdown);
            foreach (var heading in document.Descendants<HeadingBlock>())
                heading.Level = Math.Min(LowestHeading, heading.Level + HeadingsBelow);
            foreach (var link in document.Descendants<LinkInline>().ToList())
                Tame(link);
            foreach (var link in document.Descendants<AutolinkInline>().ToList())
            {
                if (link.IsEmail || !LeadsToASite(link.Url))
                    link.ReplaceBy(new LiteralInline(link.Url));
                else
                    Mark(link.GetAttributes());
            }
            return new MarkupString(document.ToHtml(Markdown));
        }
        catch (ArgumentException)
        {
            // Nested beyond what the parser takes.
            return new MarkupString($"<pre>{System.Net.WebUtility.HtmlEncode(card)}</pre>");
        }
    }

    private static void Tame(LinkInline link)
    {
        if (!link.IsImage && LeadsToASite(link.Url))
        {
            Mark(link.GetAttributes());
            return;
        }
        link.ReplaceBy(new ContainerInline(), copyChildren: true);
    }

    private static void Mark(HtmlAttributes attributes) => attributes.AddProperty("rel", "noopener noreferrer nofollow");

    private static bool LeadsToASite(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http";
}
