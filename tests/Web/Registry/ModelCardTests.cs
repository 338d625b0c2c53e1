using Ddpm.Web.Registry;

namespace Ddpm.Web.Tests.Registry;

public class ModelCardTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>", "<script")]
    [InlineData("<img src=x onerror=alert(1)>", "<img")]
    [InlineData("text <b onclick=alert(1)>bold</b>", "<b")]
    [InlineData("[go](javascript:alert(1))", "href")]
    [InlineData("[go](JaVaScRiPt:alert(1))", "href")]
    [InlineData("[go](data:text/html;base64,PHNjcmlwdD4=)", "href")]
    [InlineData("[go](//elsewhere.example)", "href")]
    [InlineData("[recipe](recipe.json)", "href")]
    [InlineData("<javascript:alert(1)>", "href")]
    [InlineData("![tracker](https://elsewhere.example/pixel.png)", "<img")]
    [InlineData("[ref]\n\n[ref]: javascript:alert(1)", "href")]
    [InlineData("[![picture](https://a.example/b.png)](javascript:alert(1))", "<img")]
    public void Render_WhatAnAuthorMightSlipIn_IsText(string card, string never) =>
        ModelCard.Render(card).Value.ShouldNotContain(never, Case.Insensitive);

    [Fact]
    public void Render_Text_KeepsWhatLinksAndPicturesSay()
    {
        var html = ModelCard.Render("See [the **recipe**](recipe.json) and ![a boot](boot.png).").Value;

        html.ShouldBe("<p>See the <strong>recipe</strong> and a boot.</p>\n");
    }

    [Fact]
    public void Render_LinkToASite_LeadsThereWithoutTellingWhence() =>
        ModelCard.Render("[paper](https://arxiv.org/abs/2006.11239)").Value
            .ShouldBe("<p><a href=\"https://arxiv.org/abs/2006.11239\" rel=\"noopener noreferrer nofollow\">paper</a></p>\n");

    [Fact]
    public void Render_Table_IsATable() =>
        ModelCard.Render("| a | b |\n| --- | --- |\n| 1 | 2 |").Value.ShouldContain("<td>2</td>");

    [Fact]
    public void Render_HeadOfAHuggingFaceCard_IsNotShown() =>
        ModelCard.Render("---\nlicense: mit\n---\n# Boots").Value.ShouldBe("<h3>Boots</h3>\n");

    [Fact]
    public void Render_NestedBeyondMeasure_IsStillText() =>
        ModelCard.Render(new string('>', 20_000) + " <script>").Value.ShouldNotContain("<script");
}
