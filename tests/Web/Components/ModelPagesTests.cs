using AngleSharp.Dom;
using Bunit;
using Ddpm.V1;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Tests.Doubles;
using Google.Protobuf.WellKnownTypes;
using MudBlazor;

namespace Ddpm.Web.Tests.Components;

public class ModelPagesTests : GalleryContext
{
    private const string Older = "bbbbbbbbbb";

    [Fact]
    public void List_ShowsEachModelWithItsNewestImages()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        Keep(Samples.Job());

        var page = Render<ModelList>();

        var tile = page.WaitForElement(Id("model-garments"));
        tile.GetAttribute("href").ShouldBe("/models/garments");
        tile.TextContent.ShouldContain("2 versions");
        tile.QuerySelector(Id("alias-latest")).ShouldNotBeNull();
        page.WaitForAssertion(() => page.Find($"{Id("model-garments")} img").GetAttribute("src").ShouldBe($"/media/jobs/{job.Id}/grid.png"));
    }

    [Fact]
    public void List_NoModels_LeadsToTraining()
    {
        Models.Models.Clear();

        Render<ModelList>().WaitForElement(Id("models-empty"));
    }

    [Fact]
    public void List_TrainerDown_SaysSo()
    {
        Models.Failure = Calls.Unavailable();

        Render<ModelList>().WaitForElement(Id("trouble")).TextContent.ShouldContain("The Trainer does not answer.");
    }

    [Fact]
    public void Page_Versions_ShowFiguresRunAndWhatCanBeDone()
    {
        var version = Models.Models[0].Versions[0];
        version.RunId = "00000000-0000-7000-9000-000000000001";
        version.Training = new TrainingRecord { DataSet = "shapes", Steps = 300, TrainingImages = 54, Loss = 0.05 };

        var page = Show();

        var row = page.WaitForElement(Id("version-aaaaaaaaaa"));
        row.TextContent.ShouldContain("Training loss");
        row.TextContent.ShouldContain("300 steps on 54 images of shapes");
        row.QuerySelector(Id("alias-latest")).ShouldNotBeNull();
        Href(row, "version-run").ShouldBe($"/runs/{version.RunId}");
        Href(row, "version-create").ShouldBe($"/?model=garments&version={Samples.Version}&classes=all");
        Href(row, "version-download").ShouldBe($"/media/models/garments/{Samples.Version}.zip");
        Href(row, "version-download-onnx").ShouldBe($"/media/models/garments/{Samples.Version}.onnx");
        page.Find(Id($"version-{Older}")).QuerySelector(Id("version-run")).ShouldBeNull();
        page.FindAll($"{Id("versions")} > li").Count.ShouldBe(2);
    }

    [Fact]
    public async Task MakeItLatest_MovesTheAlias()
    {
        var page = Show();

        await ChooseAsync(page, Older, "version-make-latest");

        page.WaitForAssertion(() => page.Find(Id($"version-{Older}")).QuerySelector(Id("alias-latest")).ShouldNotBeNull());
        Models.Models[0].Aliases["latest"].ShouldBe(Samples.OlderVersion);
    }

    [Fact]
    public async Task RollBack_Confirmed_NamesAgainWhatItNamedBefore()
    {
        Moves(("latest", Samples.OlderVersion), ("latest", Samples.Version));
        var dialogs = Render<MudDialogProvider>();
        var page = Show();

        var rolling = page.WaitForElement(Id("roll-back-latest")).ClickAsync();
        dialogs.WaitForElement(".mud-message-box").TextContent.ShouldContain(Older);
        await dialogs.Find(".mud-message-box__yes-button").ClickAsync();
        await rolling;

        Models.Models[0].Aliases["latest"].ShouldBe(Samples.OlderVersion);
        page.WaitForAssertion(() => page.FindAll(Id("roll-back-latest")).ShouldBeEmpty());
    }

    [Fact]
    public void Moves_AreListedNewestFirst()
    {
        Moves(("latest", Samples.OlderVersion), ("stable", Samples.OlderVersion), ("latest", Samples.Version));

        var page = Show();

        page.WaitForElement(Id("alias-moves")).QuerySelectorAll("li").Select(li => li.QuerySelector("span")!.TextContent).ShouldBe(["latest", "stable", "latest"]);
    }

    [Fact]
    public async Task Delete_VersionThatAnAliasNames_IsNotOffered()
    {
        var page = Show();

        await page.WaitForElement($"{Id("version-aaaaaaaaaa")} .mud-menu button").ClickAsync();

        page.WaitForAssertion(() => Popovers.Find(Id("version-delete")).TextContent.ShouldContain("an alias names it"));
        Popovers.Find(Id("version-delete")).ClassList.ShouldContain("mud-disabled");
    }

    [Fact]
    public async Task Delete_Confirmed_RemovesTheVersion()
    {
        var dialogs = Render<MudDialogProvider>();
        var page = Show();

        var deletion = ChooseAsync(page, Older, "version-delete");
        await dialogs.WaitForElement(".mud-message-box__yes-button").ClickAsync();
        await deletion;

        page.WaitForAssertion(() => page.FindAll(Id($"version-{Older}")).ShouldBeEmpty());
        Models.Models[0].Versions.ShouldHaveSingleItem();
    }

    [Fact]
    public void Page_ManyVersions_ShowsTheNewestAndAllOnDemand()
    {
        Models.Models[0].Versions.Clear();
        for (var i = 0; i < 12; i++)
            Models.Models[0].Versions.Add(new ModelVersion { Model = "garments", Version = $"{i:x}".PadLeft(64, '0'), CreatedAt = new Timestamp(), SampleShape = { 1, 28, 28 } });
        var page = Show();
        page.WaitForElement(Id("versions")).ChildElementCount.ShouldBe(6);

        page.Find(Id("versions-all")).Click();

        page.Find(Id("versions")).ChildElementCount.ShouldBe(12);
    }

    [Fact]
    public void Page_ModelWithACandidateAlone_IsShown()
    {
        Models.Models[0].Aliases.Clear();
        Models.Models[0].Aliases["candidate"] = Samples.OlderVersion;

        var page = Show();

        page.WaitForElement(Id($"version-{Older}")).QuerySelector(Id("alias-candidate")).ShouldNotBeNull();
        page.Find(Id("model-create")).GetAttribute("href").ShouldBe("/?model=garments&classes=all");
    }

    [Fact]
    public void Card_IsRenderedWithoutItsHtml()
    {
        Models.Models[0].Versions[0].Card = "# Boots\n\n<script>alert(1)</script> **bold**";

        var card = Show().WaitForElement(Id("model-card"));

        card.QuerySelector("script").ShouldBeNull();
        card.QuerySelector("h3")!.TextContent.ShouldBe("Boots");
    }

    [Fact]
    public void Page_AnotherMovesAnAlias_ShowsItByItself()
    {
        var page = Show();
        page.WaitForElement(Id("version-aaaaaaaaaa")).QuerySelector(Id("alias-latest")).ShouldNotBeNull();

        Models.Models[0].Aliases["latest"] = Samples.OlderVersion;
        Time.Advance(TimeSpan.FromSeconds(5));

        page.WaitForAssertion(() => page.Find(Id($"version-{Older}")).QuerySelector(Id("alias-latest")).ShouldNotBeNull());
    }

    [Fact]
    public void List_ARunPublishesAModel_ShowsItByItself()
    {
        Models.Models.Clear();
        var page = Render<ModelList>();
        page.WaitForElement(Id("models-empty"));

        Models.Models.Add(Samples.Garments());
        Time.Advance(TimeSpan.FromSeconds(10));

        page.WaitForElement(Id("model-garments"));
    }

    [Fact]
    public void Page_NoSuchModel_SaysSo() => Render<ModelPage>(parameters => parameters.Add(p => p.Name, "none")).WaitForElement(Id("model-missing"));

    private IRenderedComponent<ModelPage> Show() => Render<ModelPage>(parameters => parameters.Add(p => p.Name, "garments"));

    private async Task ChooseAsync(IRenderedComponent<ModelPage> page, string version, string item)
    {
        await page.WaitForElement($"{Id($"version-{version}")} .mud-menu button").ClickAsync();
        await Popovers.WaitForElement(Id(item)).ClickAsync();
    }

    private void Moves(params (string Alias, string Version)[] moves)
    {
        foreach (var (alias, version) in moves)
            Models.Models[0].AliasMoves.Insert(0, new AliasMove { Alias = alias, Version = version, Time = new Timestamp() });
    }

    private static string? Href(IElement within, string testId) => within.QuerySelector(Id(testId))!.GetAttribute("href");
}
