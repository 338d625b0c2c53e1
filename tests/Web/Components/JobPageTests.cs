using Bunit;
using Ddpm.V1;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Creating;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace Ddpm.Web.Tests.Components;

public class JobPageTests : GalleryContext
{
    [Fact]
    public void Finished_ShowsImagesSettingsAndTheWayToRunAgain()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));

        var page = Show(job);

        page.WaitForElement(Id("job-image-1")).QuerySelector("img")!.GetAttribute("src").ShouldBe($"/media/jobs/{job.Id}/images/1.png");
        page.Find(Id("run-again")).GetAttribute("href").ShouldBe(CreateLink.For(job.Spec));
        page.Find(Id("download-image")).GetAttribute("download").ShouldBe($"garments-ddim-{ulong.MaxValue}-0.png");
        page.WaitForAssertion(() => page.Find(Id("settings")).TextContent.ShouldContain("Quadratic"));
        page.Find(Id("settings")).TextContent.ShouldContain("18446744073709551615");
    }

    [Fact]
    public void BegunAtPictures_ShowsThemAndTheWayToRunAgainWithThem()
    {
        var job = Samples.Job(state: JobState.Succeeded);
        job.Spec.EncodedImages = new EncodedImages { Image = new InputImage { Sha256 = new string('a', 64) }, Other = new InputImage { Sha256 = new string('b', 64) } };

        var page = Show(Keep(job));

        page.WaitForElements($"{Id("job-inputs")} img").Select(image => image.GetAttribute("src")).ShouldBe(
            [$"/media/jobs/{job.Id}/inputs/{new string('a', 64)}.png", $"/media/jobs/{job.Id}/inputs/{new string('b', 64)}.png"]);
        page.Find(Id("run-again")).GetAttribute("href")!.ShouldContain(new string('b', 64));
    }

    [Fact]
    public void Likelihood_Measured_ShowsHowFarItIsAndWhatWasFound()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        var page = Show(job);

        page.WaitForElement(Id("likelihood-measure")).Click();
        Orchestrator.Likelihoods.Send(new MeasureLikelihoodResponse { Progress = new LikelihoodProgress { Timestep = 412.4, Evaluations = 37 } });
        page.WaitForAssertion(() => page.Find(Id("likelihood")).TextContent.ShouldContain("timestep 412, 37 evaluations"));
        Orchestrator.Likelihoods.Send(new MeasureLikelihoodResponse { Likelihood = new ImageLikelihood { BitsPerDimension = 2.34567, LogLikelihood = -1274, Evaluations = 90 } });
        Orchestrator.Likelihoods.End();

        page.WaitForElement(Id("likelihood-bits")).TextContent.ShouldBe("2.346");
        Orchestrator.Measured!.Images.Single().JobImage.ShouldBe(new JobImage { JobId = job.Id });
        Orchestrator.Measured.Classes.Labels.ShouldBe([job.Spec.Classes.Labels[0]]);
    }

    [Fact]
    public void Likelihood_Fails_SaysSoAndCanBeTriedAgain()
    {
        var page = Show(Keep(Samples.Job(state: JobState.Succeeded)));

        page.WaitForElement(Id("likelihood-measure")).Click();
        Orchestrator.Likelihoods.Break();

        page.WaitForElement($"{Id("likelihood")} {Id("trouble")}");
        Orchestrator.Likelihoods = new();
        page.Find(Id("trouble-retry")).Click();
        page.WaitForElement(Id("likelihood-stop"));
    }

    [Fact]
    public void FrameSlider_Moved_ShowsThatFrame()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        Orchestrator.Frames[(job.Id, 0)] = Samples.Frames(0, 10, 20);
        var page = Show(job);

        page.WaitForElement(Id("frame-slider")).Input("1");

        page.Find(Id("frame-step")).TextContent.ShouldBe("10 of 20");
        page.Find(Id("frame-timestep")).TextContent.ShouldBe("500");
        page.Find(Id("frame-alpha-bar")).TextContent.ShouldBe("0.5000");
        page.Find(Id("frame-noisy")).GetAttribute("src").ShouldBe($"/media/jobs/{job.Id}/trajectories/0/frames/10/noisy.png");
        page.Find(Id("frame-denoised")).GetAttribute("src").ShouldBe($"/media/jobs/{job.Id}/trajectories/0/frames/10/denoised.png");
    }

    [Fact]
    public void FrameSlider_AtTheStart_PredictsNothingYet()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        Orchestrator.Frames[(job.Id, 0)] = Samples.Frames(0, 10, 20);
        var page = Show(job);

        page.WaitForElement(Id("frame-slider")).Input("0");

        page.Find(Id("frame-noisy")).GetAttribute("src").ShouldNotBeNull();
        page.Find(Id("frame-denoised")).HasAttribute("src").ShouldBeFalse();
    }

    [Fact]
    public void Images_ArrowKey_MovesToTheNextTrajectory()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        Orchestrator.Frames[(job.Id, 0)] = Samples.Frames(0, 20);
        Orchestrator.Frames[(job.Id, 1)] = Samples.Frames(0, 20);
        var page = Show(job);

        page.WaitForElement(Id("job-image-0")).KeyDown(new KeyboardEventArgs { Key = "ArrowRight" });

        page.WaitForAssertion(() => page.Find(Id("job-image-1")).GetAttribute("aria-checked").ShouldBe("true"));
        page.Find(Id("job-image-0")).GetAttribute("tabindex").ShouldBe("-1");
        page.WaitForAssertion(() => page.Find(Id("frame-noisy")).GetAttribute("src")!.ShouldContain("/trajectories/1/"));
    }

    [Fact]
    public void Failed_SaysWhy()
    {
        var job = Keep(Samples.Job(state: JobState.Failed));
        job.StepsDone = 4;
        job.Error = "The Denoiser is gone.";

        var page = Show(job);

        page.WaitForElement(Id("job-error")).TextContent.ShouldContain("The Denoiser is gone.");
        page.Find(Id("job-state")).TextContent.ShouldBe("Failed");
        page.FindAll(Id("download-grid")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Running_EndsWhileWatched_ShowsTheFinishedImages()
    {
        var job = Keep(Samples.Job());
        var page = Show(job);
        await Orchestrator.Watched;
        page.WaitForElement(Id("cancel-job"));
        page.FindAll(Id("delete-job")).ShouldBeEmpty();

        Orchestrator.Frames[(job.Id, 0)] = Samples.Frames(0, 10, 20);
        Orchestrator.Finish(job, JobState.Succeeded);

        page.WaitForElement(Id("delete-job"));
        page.WaitForElement(Id("frame-slider"));
        page.FindAll(Id("cancel-job")).ShouldBeEmpty();
    }

    [Fact]
    public void Missing_LeadsBackToTheGallery()
    {
        var page = Render<JobPage>(parameters => parameters.Add(p => p.Id, Guid.Empty));

        page.WaitForElement(Id("job-missing"));
    }

    [Fact]
    public async Task Delete_Confirmed_RemovesTheJob()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        var dialogs = Render<MudDialogProvider>();
        var page = Show(job);

        var deletion = page.WaitForElement(Id("delete-job")).ClickAsync();
        Orchestrator.Jobs.ShouldContainKey(job.Id);
        await dialogs.WaitForElement(".mud-message-box__yes-button").ClickAsync();
        await deletion;

        Orchestrator.Jobs.ShouldBeEmpty();
        Services.GetRequiredService<NavigationManager>().Uri.ShouldEndWith("/gallery");
    }

    [Fact]
    public async Task Delete_Declined_KeepsTheJob()
    {
        var job = Keep(Samples.Job(state: JobState.Succeeded));
        var dialogs = Render<MudDialogProvider>();
        var page = Show(job);

        var deletion = page.WaitForElement(Id("delete-job")).ClickAsync();
        await dialogs.WaitForElement(".mud-message-box__cancel-button").ClickAsync();
        await deletion;

        Orchestrator.Jobs.ShouldContainKey(job.Id);
    }

    private IRenderedComponent<JobPage> Show(Job job) => Render<JobPage>(parameters => parameters.Add(p => p.Id, Guid.Parse(job.Id)));
}
