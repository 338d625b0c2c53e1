using Bunit;
using Ddpm.V1;
using Ddpm.Web.Browsing;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Web.Tests.Components;

public class GalleryPageTests : GalleryContext
{
    [Fact]
    public void NoJobs_LeadsToCreate()
    {
        var page = Render<Gallery>();

        page.WaitForElement(Id("gallery-empty"));
        page.Find(Id("gallery-create")).GetAttribute("href").ShouldBe("/");
    }

    [Fact]
    public void FilterWithoutMatch_OffersEverything()
    {
        Keep(Samples.Job(state: JobState.Succeeded));
        Services.GetRequiredService<NavigationManager>().NavigateTo("/gallery?state=failed");
        var page = Render<Gallery>();

        page.WaitForElement(Id("filter-clear")).Click();

        page.WaitForElement(Id("gallery-cards"));
    }

    [Fact]
    public void Cards_FinishedAndRunning_ShowGridAndProgress()
    {
        var finished = Keep(Samples.Job(state: JobState.Succeeded));
        var running = Keep(Samples.Job());
        running.StepsDone = 5;

        var page = Render<Gallery>();

        var card = page.WaitForElement(Id($"gallery-card-{finished.Id}"));
        card.GetAttribute("href").ShouldBe($"/jobs/{finished.Id}");
        card.QuerySelector("img")!.GetAttribute("src").ShouldBe($"/media/jobs/{finished.Id}/grid.png");
        var other = page.Find(Id($"gallery-card-{running.Id}"));
        other.QuerySelector("img").ShouldBeNull();
        other.TextContent.ShouldContain("step 5 of 20");
    }

    [Fact]
    public void Pager_MoreThanOnePage_TurnsThem()
    {
        for (var i = 0; i <= JobList.PageSize; i++)
            Keep(Samples.Job(state: JobState.Succeeded));
        var page = Render<Gallery>();

        page.WaitForElement(Id("page-next")).Click();

        page.WaitForAssertion(() => page.Find(Id("page-position")).TextContent.ShouldBe("Page 2 of 2"));
        page.FindAll("[data-testid^='gallery-card-']").ShouldHaveSingleItem();
    }

    [Fact]
    public void OrchestratorDown_RetryBringsTheJobs()
    {
        Keep(Samples.Job(state: JobState.Succeeded));
        Orchestrator.Failure = Calls.Unavailable();
        var page = Render<Gallery>();
        page.WaitForElement(Id("trouble"));

        Orchestrator.Failure = null;
        page.Find(Id("trouble-retry")).Click();

        page.WaitForElement(Id("gallery-cards"));
        page.FindAll(Id("trouble")).ShouldBeEmpty();
    }
}
