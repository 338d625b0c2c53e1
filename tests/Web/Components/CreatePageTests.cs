using Bunit;
using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Creating;
using Ddpm.Web.Following;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Web.Tests.Components;

public class CreatePageTests : GalleryContext
{
    [Fact]
    public void Form_SamplerWithOptions_HasAFieldForEachKind()
    {
        var page = Render<Create>();

        page.WaitForElement(Id("create-submit"));
        page.Find(Id("option-eta")).GetAttribute("inputmode").ShouldBe("decimal");
        page.Find(Id("option-slider-eta")).GetAttribute("max").ShouldBe("1");
        page.Find(Id("option-spacing")).GetAttribute("role").ShouldBe("combobox");
        page.Find(Id("option-clip")).GetAttribute("type").ShouldBe("checkbox");
        page.Find(Id("option-field-eta")).TextContent.ShouldContain("0 is none.");
        page.Find(Id("steps-input")).GetAttribute("value").ShouldBe("50");
    }

    [Fact]
    public void SamplerCard_Chosen_BringsItsOwnStepsAndOptions()
    {
        var page = Render<Create>();

        page.WaitForElement(Id("sampler-radio-ddpm")).Change("ddpm");

        page.Find(Id("steps-input")).GetAttribute("value").ShouldBe("1000");
        page.FindAll(Id("option-eta")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Option_ThatNeedsAPredictedVariance_IsOfferedWhereTheModelHasOne(bool hasOne)
    {
        Models.Models[0].Versions[0].PredictsVariance = hasOne;
        Orchestrator.Samplers[0].Options.Single(option => option.Name == "spacing").Choice.Choices.Add(new Choice { Value = "learned", Title = "Learned", NeedsVariance = true });
        var page = Render<Create>();

        page.WaitForElement(Id("option-spacing")).MouseDown();

        Popovers.WaitForElement(Id("option-spacing-uniform"));
        Popovers.FindAll(Id("option-spacing-learned")).Count.ShouldBe(hasOne ? 1 : 0);
    }

    [Fact]
    public void PartOfAPicture_Painted_IsWhatTheJobMakesAnew()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/?start=kept&from={Guid.NewGuid()}/2&resample=4");
        var page = Render<Create>();

        page.WaitForElement(Id("mask-left")).Click();
        page.Find(Id("mask-share")).TextContent.ShouldStartWith("50\u202f%");
        var painted = PixelMask.For(28, 28);
        painted.Fill((x, y) => x == 3 && y == 5);
        page.Find(Id("mask-bits")).Change(painted.Bits);
        page.Find(Id("create-form")).Submit();

        page.WaitForAssertion(() => Orchestrator.Submitted.ShouldNotBeEmpty());
        var inpainting = Orchestrator.Submitted.Single().Spec.Inpainting;
        inpainting.Image.JobImage.Trajectory.ShouldBe(2);
        inpainting.Resamplings.ShouldBe(4);
        TensorCodec.Decode(inpainting.Mask.Pixels).Index().Where(pixel => pixel.Item == 0).Select(pixel => pixel.Index).ShouldBe([(5 * 28) + 3]);
    }

    [Fact]
    public void Link_OfAJobThatKeptPartOfAPicture_BringsItsMask()
    {
        var kept = PixelMask.For(28, 28);
        kept.Fill((x, y) => y < 7);
        Orchestrator.Inputs[new string('b', 64)] = kept.Known(28, 28);
        var job = Guid.NewGuid();
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/?start=kept&from={job}/{new string('a', 64)}&mask={job}/{new string('b', 64)}");

        var page = Render<Create>();

        page.WaitForElement(Id("mask-share")).TextContent.ShouldStartWith("25\u202f%");
    }

    [Fact]
    public void Guidance_NoClassChosen_IsNotOffered()
    {
        var page = Render<Create>();

        page.WaitForElement(Id("guidance-input"));
        page.Find(Id("class-none")).Click();

        page.FindAll(Id("guidance-input")).ShouldBeEmpty();
        page.Find(Id("class-none")).GetAttribute("aria-pressed").ShouldBe("true");
    }

    [Fact]
    public void Submit_FieldsBreakRules_ShowsEachRuleAtItsField()
    {
        var violations = new Violations();
        violations.Add("spec.steps", "must be 1 … 1000, is 5000");
        violations.Add("spec.sampler_options.eta", "must be 0 … 1");
        Orchestrator.Refusal = violations.ToRpcException();
        var page = Render<Create>();

        page.WaitForElement(Id("steps-input")).Change("5000");
        page.Find(Id("create-form")).Submit();

        page.WaitForAssertion(() => page.Find(Id("violations")).TextContent.ShouldContain("must be 1 … 1000, is 5000"));
        page.Find(Id("steps-input")).GetAttribute("aria-invalid").ShouldBe("true");
        page.Find(Id("option-eta")).GetAttribute("aria-invalid").ShouldBe("true");
        page.Find(Id("count-input")).GetAttribute("aria-invalid").ShouldBe("false");
        page.Find(Id("option-field-eta")).TextContent.ShouldContain("must be 0 … 1");
    }

    [Fact]
    public void Submit_FullQueue_SaysSoAndKeepsTheForm()
    {
        Orchestrator.Refusal = RpcErrors.ResourceExhausted("full", TimeSpan.FromSeconds(30));
        var page = Render<Create>();

        page.WaitForElement(Id("seed-input")).Change("99");
        page.Find(Id("create-form")).Submit();

        page.WaitForAssertion(() => page.Find(Id("trouble")).TextContent.ShouldContain("30 s"));
        page.Find(Id("seed-input")).GetAttribute("value").ShouldBe("99");
    }

    [Fact]
    public void Submit_NoAnswerThenAgain_AsksForTheSameJob()
    {
        Orchestrator.Refusal = Calls.Unavailable();
        var page = Render<Create>();
        page.WaitForElement(Id("create-form")).Submit();
        page.WaitForElement(Id("trouble"));

        Orchestrator.Refusal = null;
        page.Find(Id("create-form")).Submit();

        page.WaitForElement(Id("preview-0"));
        Orchestrator.Submitted.Count.ShouldBe(2);
        Orchestrator.Submitted[0].RequestId.ShouldNotBeEmpty();
        Orchestrator.Submitted[1].RequestId.ShouldBe(Orchestrator.Submitted[0].RequestId);
    }

    [Fact]
    public async Task Submit_Accepted_ShowsPreviewsAsTheySharpen()
    {
        Time.AutoAdvanceAmount = JobFollower.NoticeInterval;
        var page = Render<Create>();
        page.WaitForElement(Id("count-input")).Change("2");
        page.Find(Id("create-form")).Submit();
        await Orchestrator.Watched;
        var job = Orchestrator.Jobs.Values.ShouldHaveSingleItem();

        Orchestrator.Progress(job, 7, [1], [2]);

        page.WaitForAssertion(() => page.Find(Id("preview-1")).GetAttribute("src").ShouldBe("data:image/png;base64,Ag=="));
        page.Find(Id("progress-step")).TextContent.ShouldBe("7 of 50");
        page.Find(Id("progress-nfe")).TextContent.ShouldBe("14");
        page.Find(Id("progress-eta")).TextContent.ShouldBe("43 s");

        Orchestrator.Progress(job, 8, [1], [3]);

        page.WaitForAssertion(() => page.Find(Id("preview-1")).GetAttribute("src").ShouldBe("data:image/png;base64,Aw=="));
        Services.GetRequiredService<NavigationManager>().Uri.ShouldContain($"job={job.Id}");
    }

    [Fact]
    public void Reload_AddressWithAJob_PicksTheJobUp()
    {
        var job = Keep(Samples.Job());
        job.StepsDone = 9;
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/?model=garments&seed=123&job={job.Id}");

        var page = Render<Create>();

        page.WaitForAssertion(() => page.Find(Id("progress-step")).TextContent.ShouldBe("9 of 20"));
        page.Find(Id("seed-input")).GetAttribute("value").ShouldBe("123");
    }

    [Fact]
    public async Task Cancel_RunningJob_ShowsItCancelled()
    {
        var job = Keep(Samples.Job());
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/?job={job.Id}");
        var page = Render<Create>();
        await Orchestrator.Watched;

        await page.WaitForElement(Id("cancel-job")).ClickAsync();

        page.WaitForAssertion(() => page.Find(Id("job-state")).TextContent.ShouldBe("Cancelled"));
        page.FindAll(Id("cancel-job")).ShouldBeEmpty();
    }

    [Fact]
    public void NoModels_SaysHowToTrainOne()
    {
        Models.Models.Clear();

        var page = Render<Create>();

        page.WaitForElement(Id("no-models")).TextContent.ShouldContain("./ddpm train");
    }

    [Fact]
    public void OrchestratorDown_SaysSo()
    {
        Orchestrator.Failure = Calls.Unavailable();

        var page = Render<Create>();

        page.WaitForElement(Id("trouble")).TextContent.ShouldContain("The Orchestrator does not answer.");
    }

    [Fact]
    public void Prerender_BeforeTheCircuit_ShowsASkeletonAndCallsNobody()
    {
        SetRendererInfo(new RendererInfo("Static", isInteractive: false));
        Orchestrator.Failure = Calls.Unavailable();

        var page = Render<Create>();

        page.Find(Id("form-skeleton"));
        page.FindAll(Id("trouble")).ShouldBeEmpty();
    }
}
