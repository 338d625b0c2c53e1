using Bunit;
using Ddpm.V1;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace Ddpm.Web.Tests.Components;

public class RunPageTests : GalleryContext
{
    [Fact]
    public async Task Running_LateVisitor_SeesThePastAndWhatComes()
    {
        var run = Trainer.Keep(Samples.Run());
        (run.StepsDone, run.Loss) = (20, 0.5);
        Trainer.Curves[run.Id] = [new RunCurvePoint { Step = 10, Loss = 1 }, new RunCurvePoint { Step = 20, Loss = 0.5 }];
        var page = Show(run);
        await Trainer.Watched;
        page.WaitForElement($"{Id("chart-loss")} path").GetAttribute("d")!.Split('L').Length.ShouldBe(2);

        (run.StepsDone, run.Loss) = (30, 0.25);
        Trainer.Happen(run, happened => (happened.GradientNorm, happened.ImagesPerSecond) = (1, 64));

        page.WaitForAssertion(() => page.Find($"{Id("chart-loss")} path").GetAttribute("d")!.Split('L').Length.ShouldBe(3));
        page.Find(Id("run-step")).TextContent.ShouldBe("30 of 300");
        page.Find(Id("run-loss")).TextContent.ShouldBe("0.250");
        page.Find(Id("run-pace")).TextContent.ShouldBe("64");
        page.Find($"{Id("chart-loss")} svg").GetAttribute("aria-label")!.ShouldContain("1.00 at first, 0.250 at the end");
    }

    [Fact]
    public void LogarithmicSwitch_TurnedOff_DrawsFromZero()
    {
        var run = Ended(RunState.Succeeded);
        var page = Show(run);
        page.WaitForElement($"{Id("chart-loss")} [data-log]");

        page.Find(Id("charts-log")).Change(false);

        page.WaitForAssertion(() => page.Find($"{Id("chart-loss")} [data-chart]").GetAttribute("data-y")!.ShouldStartWith("0 "));
    }

    [Fact]
    public void Samples_SliderMoved_ShowsThoseOfThatStep()
    {
        var run = Ended(RunState.Succeeded);
        var early = Keep(Samples.Job(state: JobState.Succeeded));
        var late = Keep(Samples.Job(state: JobState.Succeeded));
        run.Samples.Add(new RunSamples { Step = 100, JobId = early.Id, ValidationLoss = 0.5 });
        run.Samples.Add(new RunSamples { Step = 200, JobId = late.Id, ValidationLoss = 0.25 });
        var page = Show(run);
        page.WaitForAssertion(() => page.Find(Id("samples-grid")).GetAttribute("src").ShouldBe($"/media/jobs/{late.Id}/grid.png"));

        page.Find(Id("samples-slider")).Input("0");

        page.WaitForAssertion(() => page.Find(Id("samples-grid")).GetAttribute("src").ShouldBe($"/media/jobs/{early.Id}/grid.png"));
        page.Find(Id("samples-step")).TextContent.ShouldBe("100");
        page.Find(Id("samples-job")).GetAttribute("href").ShouldBe($"/jobs/{early.Id}");
        page.Find($"{Id("chart-loss")} path.dots").GetAttribute("d")!.Split("h0").Length.ShouldBe(3);
    }

    [Fact]
    public void Samples_JobUnderWay_ShowsHowFarItIs()
    {
        var run = Trainer.Keep(Samples.Run());
        var job = Keep(Samples.Job());
        job.StepsDone = 9;
        run.Samples.Add(new RunSamples { Step = 100, JobId = job.Id });

        var page = Show(run);

        page.WaitForElement(Id("samples-progress")).TextContent.ShouldContain("step 9 of 20");
    }

    [Fact]
    public void Samples_NotSubmitted_SaysWhy()
    {
        var run = Trainer.Keep(Samples.Run());
        run.Samples.Add(new RunSamples { Step = 100, Error = "The Orchestrator did not take the job." });

        Show(run).WaitForElement(Id("samples-error")).TextContent.ShouldBe("The Orchestrator did not take the job.");
    }

    [Fact]
    public void Failed_SaysWhyInFullAndOffersToResume()
    {
        var run = Ended(RunState.Failed);
        run.Error = "The disk is full: /data/runs.";

        var page = Show(run);

        page.WaitForElement(Id("run-error")).TextContent.ShouldContain("The disk is full: /data/runs.");
        page.Find(Id("run-resume"));
        page.FindAll(Id("run-stop")).ShouldBeEmpty();
    }

    [Fact]
    public void Published_SaysWhatTheGateDecided()
    {
        var run = Ended(RunState.Succeeded);
        run.Publication = new Publication
        {
            Version = Samples.Version,
            Aliases = { "candidate", "latest" },
            Gate = new GateDecision { Passed = false, Reason = "Its loss is worse." },
        };

        var page = Show(run);

        var text = page.WaitForElement(Id("publication")).TextContent;
        text.ShouldContain("The aliases candidate and latest moved to it.");
        text.ShouldContain("Its loss is worse.");
        page.Find(Id("gate")).TextContent.ShouldBe("It did not become stable");
        page.Find(Id("run-create")).GetAttribute("href").ShouldBe($"/?model=garments&version={Samples.Version}&classes=all");
    }

    [Fact]
    public async Task Stop_RunThatTrains_IsAskedForUntilItHasStopped()
    {
        var run = Trainer.Keep(Samples.Run());
        var page = Show(run);
        await Trainer.Watched;

        await page.WaitForElement(Id("run-stop")).ClickAsync();
        page.WaitForAssertion(() => page.Find(Id("run-stop")).TextContent.Trim().ShouldBe("Stopping…"));
        Trainer.Finish(run, RunState.Stopped);

        page.WaitForElement(Id("run-resume"));
    }

    [Fact]
    public async Task Publish_Confirmed_ShowsThePublication()
    {
        var dialogs = Render<MudDialogProvider>();
        var page = Show(Ended(RunState.Stopped));

        var publishing = page.WaitForElement(Id("run-publish")).ClickAsync();
        await dialogs.WaitForElement(".mud-message-box__yes-button").ClickAsync();
        await publishing;

        page.WaitForElement(Id("publication"));
    }

    [Fact]
    public async Task Delete_Confirmed_LeadsBackToTheRuns()
    {
        var run = Ended(RunState.Stopped);
        var dialogs = Render<MudDialogProvider>();
        var page = Show(run);

        var deletion = page.WaitForElement(Id("run-delete")).ClickAsync();
        Trainer.Runs.ShouldContainKey(run.Id);
        await dialogs.WaitForElement(".mud-message-box__yes-button").ClickAsync();
        await deletion;

        Trainer.Runs.ShouldBeEmpty();
        Services.GetRequiredService<NavigationManager>().Uri.ShouldEndWith("/train");
    }

    [Fact]
    public void Recipe_IsThereAsItWasSentAndCanBeTrainedAgain()
    {
        var run = Ended(RunState.Succeeded);

        var page = Show(run);

        page.WaitForElement($"{Id("run-recipe")} pre").TextContent.ShouldBe(run.RecipeJson);
        page.Find(Id("run-again")).GetAttribute("href").ShouldBe($"/train?run={run.Id}");
        page.Find(Id("run-facts")).TextContent.ShouldContain("shapes");
    }

    [Fact]
    public void Missing_LeadsToTheRuns() => Render<RunPage>(parameters => parameters.Add(p => p.Id, Guid.Empty)).WaitForElement(Id("run-missing"));

    [Fact]
    public void TrainerDown_SaysSo()
    {
        Trainer.Failure = Calls.Unavailable();

        Show(Samples.Run()).WaitForElement(Id("trouble")).TextContent.ShouldContain("The Trainer does not answer.");
    }

    private Run Ended(RunState state)
    {
        var run = Trainer.Keep(Samples.Run(state: state));
        run.StepsDone = 250;
        Trainer.Curves[run.Id] = [.. Enumerable.Range(1, 25).Select(k => new RunCurvePoint { Step = 10 * k, Loss = 1.0 / k, GradientNorm = 1, LearningRate = 1e-3 })];
        return run;
    }

    private IRenderedComponent<RunPage> Show(Run run) => Render<RunPage>(parameters => parameters.Add(p => p.Id, Guid.Parse(run.Id)));
}
