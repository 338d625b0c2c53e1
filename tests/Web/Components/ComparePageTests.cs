using Bunit;
using Ddpm.Imaging;
using Ddpm.V1;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Tests.Doubles;

namespace Ddpm.Web.Tests.Components;

public class ComparePageTests : GalleryContext
{
    [Fact]
    public void Compare_Run_SendsOneNoiseThroughEverySamplerAndMeasuresTheImages()
    {
        Orchestrator.Samplers.Add(new Sampler { Name = "heun", Title = "Heun", Options = { Samples.Ddim().Options } });
        Orchestrator.Accepted = job => Finish(job, grey: job.Spec.Sampler == "heun" ? 0f : 1f / job.Spec.Steps);
        var page = Render<Compare>();

        page.WaitForElement(Id("compare-run")).Closest("form")!.Submit();

        page.WaitForAssertion(() => page.Find(Id("compare-progress")).TextContent.ShouldContain("13 of 13 images, all there"));
        Orchestrator.Submitted.ShouldAllBe(request => request.Spec.Seed == 7 && request.Spec.Count == 1 && request.Spec.Classes.Labels.SequenceEqual(new[] { 0 }));
        Orchestrator.Submitted.Select(request => request.RequestId).ShouldBeUnique();
        // Grey levels of 8 bits are 1/127.5 apart.
        double.Parse(page.Find($"{Id("compare-ddim-5")} + p strong").TextContent).ShouldBe(0.2, 0.005);
        double.Parse(page.Find($"{Id("compare-ddpm-20")} + p strong").TextContent).ShouldBe(0.05, 0.005);
        double.Parse(page.Find($"{Id("compare-heun-5")} + p strong").TextContent).ShouldBe(0);
        page.Find(Id("compare-chart")).QuerySelectorAll("path").Select(path => path.GetAttribute("data-name")).ShouldBe(["DDIM", "DDPM", "Heun"]);
        page.Find(Id("compare-ddim-5")).GetAttribute("href").ShouldBe($"/jobs/{Orchestrator.Jobs.Values.First(job => job.Spec is { Sampler: "ddim", Steps: 5 }).Id}");
    }

    [Fact]
    public void Compare_JobThatFails_SaysSoInItsPlaceAndTheOthersGoOn()
    {
        Orchestrator.Accepted = job =>
        {
            if (job.Spec is { Sampler: "ddpm", Steps: 10 })
                (job.State, job.Error) = (JobState.Failed, "The Denoiser is gone.");
            else
                Finish(job, grey: 0);
        };
        var page = Render<Compare>();

        page.WaitForElement(Id("compare-run")).Closest("form")!.Submit();

        page.WaitForAssertion(() => page.Find(Id("compare-progress")).TextContent.ShouldContain("8 of 8 images, all there"));
        page.Find(Id("compare-table")).TextContent.ShouldContain("No image: The Denoiser is gone.");
        page.FindAll($"{Id("compare-table")} img").Count.ShouldBe(7);
    }

    [Fact]
    public void Compare_NoSamplerOrNoSeed_CannotBeRun()
    {
        var page = Render<Compare>();

        page.WaitForElement(Id("compare-sampler-ddim")).Click();
        page.Find(Id("compare-sampler-ddpm")).Click();

        page.Find(Id("compare-run")).HasAttribute("disabled").ShouldBeTrue();
        page.Find(Id("compare-sampler-ddim")).Click();
        page.Find(Id("compare-run")).HasAttribute("disabled").ShouldBeFalse();
        page.Find($"{Id("compare-seed")} input, input{Id("compare-seed")}").Change("seven");
        page.Find(Id("compare-run")).HasAttribute("disabled").ShouldBeTrue();
    }

    [Fact]
    public void Compare_WithoutAModel_LeadsToTraining()
    {
        Models.Models.Clear();

        Render<Compare>().WaitForElement(Id("compare-no-models")).QuerySelector("a")!.GetAttribute("href").ShouldBe("/train");
    }

    private void Finish(Job job, float grey)
    {
        (job.State, job.Evaluations) = (JobState.Succeeded, job.Spec.Steps);
        Orchestrator.Images[$"{job.Id}/0"] = PngEncoder.Encode(Enumerable.Repeat(grey, 28 * 28).ToArray(), [1, 28, 28]);
    }
}
