using System.Globalization;
using System.Text.RegularExpressions;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;
using Microsoft.Playwright;
using SkiaSharp;
using static Microsoft.Playwright.Assertions;

namespace Ddpm.EndToEnd.Tests;

/// <summary>What a visitor does, in a real browser against the real system.</summary>
public sealed class GalleryTests
{
    private const int Steps = 500;

    // On a busy machine.
    private static readonly TimeSpan WholeJob = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Visitor_CreatesAJobReloadsInTheMiddleAndScrubsThroughItsFrames()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StartAsync(folder);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;

        await page.GotoAsync("/");
        await page.GetByTestId("sampler-card-ddpm").ClickAsync();
        // The page answers with the sampler's usual steps, which would overwrite what is typed before they are there.
        await Expect(page.GetByTestId("steps-input")).ToHaveValueAsync("1000");
        await FillAsync(page, "steps-input", $"{Steps}");
        await FillAsync(page, "count-input", "4");
        await FillAsync(page, "seed-input", "21");
        await page.GetByTestId("create-submit").ClickAsync();

        await PreviewsChangeAsync(page);
        await page.ReloadAsync();
        await Expect(page.GetByTestId("progress-step")).ToHaveTextAsync(new Regex($"^[1-9][0-9]* of {Steps}$"));
        await PreviewsChangeAsync(page);
        await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Finished", new LocatorAssertionsToHaveTextOptions { Timeout = (float)WholeJob.TotalMilliseconds });

        await page.GetByTestId("open-job").ClickAsync();
        await page.WaitForURLAsync(new Regex("/jobs/[0-9a-f-]{36}$"));
        await Expect(page.GetByTestId("settings")).ToContainTextAsync("21");
        await ScrubAsync(page);

        await page.GetByTestId("nav-gallery").ClickAsync();
        await Expect(page.GetByTestId("gallery-cards").Locator("a[data-state=Succeeded]")).ToHaveCountAsync(1);
        browser.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Visitor_CancelsAJob()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StartAsync(folder);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;

        await page.GotoAsync("/?sampler=ddpm&steps=1000&count=16&seed=1");
        await page.GetByTestId("create-submit").ClickAsync();
        await PreviewsChangeAsync(page);
        await page.GetByTestId("cancel-job").ClickAsync();

        await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Cancelled");
        var jobs = await standalone.Client.Orchestrator.ListJobsAsync(new ListJobsRequest(), cancellationToken: TestContext.Current.CancellationToken);
        jobs.Jobs.ShouldHaveSingleItem().State.ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task Visitor_AskingForZeroSteps_SeesTheRuleBesideTheField()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StartAsync(folder);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;

        await page.GotoAsync("/?sampler=ddim&count=1&seed=1");
        await FillAsync(page, "steps-input", "0");
        await page.GetByTestId("create-submit").ClickAsync();

        await Expect(page.GetByTestId("create-form")).ToContainTextAsync(new Regex("at least 1|1 to |from 1"));
        var jobs = await standalone.Client.Orchestrator.ListJobsAsync(new ListJobsRequest(), cancellationToken: TestContext.Current.CancellationToken);
        jobs.Jobs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Visitor_PaintsOverPartOfAnImage_HasThatMadeAnewAndTheRestKept()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StartAsync(folder);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;
        await page.GotoAsync("/?sampler=ddim&steps=10&count=1&seed=1");
        await CreateAsync();
        await page.GetByTestId("open-job").ClickAsync();
        await page.GetByTestId("begin-at-image").ClickAsync();
        await page.GetByTestId("start-keptpicture").ClickAsync();

        var canvas = page.GetByTestId("mask-canvas");
        await canvas.ScrollIntoViewIfNeededAsync();
        var box = (await canvas.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width * 0.1f, box.Y + box.Height * 0.2f);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + box.Width * 0.9f, box.Y + box.Height * 0.2f);
        await page.Mouse.UpAsync();
        var share = page.GetByTestId("mask-share");
        await Expect(share).Not.ToContainTextAsync(new Regex("^0"));
        var painted = await share.TextContentAsync();
        // From the middle, where nothing is painted yet.
        await canvas.PressAsync("ArrowDown");
        await canvas.PressAsync("Space");
        await Expect(share).Not.ToHaveTextAsync(painted!);
        await FillAsync(page, "seed-input", "2");
        await CreateAsync();

        var orchestrator = standalone.Client.Orchestrator;
        var jobs = (await orchestrator.ListJobsAsync(new ListJobsRequest(), cancellationToken: TestContext.Current.CancellationToken)).Jobs;
        jobs.Count.ShouldBe(2);
        var mask = await orchestrator.GetInputImageAsync(
            new GetInputImageRequest { Input = new JobInput { JobId = jobs[0].Id, Sha256 = jobs[0].Spec.Inpainting.Mask.Sha256 } },
            cancellationToken: TestContext.Current.CancellationToken);
        var isKnown = Array.ConvertAll(TensorCodec.Decode(mask.Pixels), value => value == 1);
        isKnown.Count(known => !known).ShouldBeInRange(60, 200);
        var (before, after) = (await PixelsAsync(jobs[1].Id), await PixelsAsync(jobs[0].Id));
        before.Where((_, i) => isKnown[i]).ShouldBe(after.Where((_, i) => isKnown[i]));
        before.Where((_, i) => !isKnown[i]).ShouldNotBe(after.Where((_, i) => !isKnown[i]));
        browser.Errors.ShouldBeEmpty();

        async Task CreateAsync()
        {
            await page.GetByTestId("create-submit").ClickAsync();
            await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Finished");
        }

        async Task<byte[]> PixelsAsync(string jobId)
        {
            var image = await orchestrator.GetImageAsync(new GetImageRequest { JobId = jobId }, cancellationToken: TestContext.Current.CancellationToken);
            using var bitmap = SKBitmap.Decode(image.Png.ToByteArray());
            return bitmap.Bytes;
        }
    }

    /// <summary>Starts with the tiny model as the only one, so that the page chooses it by itself.</summary>
    private static async Task<StandaloneProcess> StartAsync(TemporaryFolder folder)
    {
        await TinyModel.PublishAsync(folder.Resolve("data"));
        Directory.CreateDirectory(folder.Resolve("none"));
        return await StandaloneProcess.StartAsync(folder.Resolve("data"), $"Trainer:ShippedModels={folder.Resolve("none")}");
    }

    private static async Task FillAsync(IPage page, string testId, string value)
    {
        var field = page.GetByTestId(testId);
        await field.FillAsync(value);
        await field.BlurAsync();
    }

    /// <summary>Waits until the first image has been shown after two different steps, with different pixels.</summary>
    private static async Task PreviewsChangeAsync(IPage page)
    {
        var preview = page.Locator("img[data-testid=preview-0]");
        await Expect(preview).ToBeVisibleAsync();
        var step = await preview.GetAttributeAsync("data-step");
        var source = await preview.GetAttributeAsync("src");
        await Expect(preview).Not.ToHaveAttributeAsync("data-step", step!);
        await Expect(preview).Not.ToHaveAttributeAsync("src", source!);
    }

    /// <summary>Moves the slider from pure noise to the image and sees step, ᾱ and both images follow.</summary>
    private static async Task ScrubAsync(IPage page)
    {
        var slider = page.GetByTestId("frame-slider");
        var last = await slider.GetAttributeAsync("max");
        await slider.FillAsync("0");
        await Expect(page.GetByTestId("frame-step")).ToHaveTextAsync($"0 of {Steps}");
        var noise = await ShownAsync(page, "frame-noisy");
        var alphaBarOfNoise = await AlphaBarAsync(page);

        await slider.FillAsync(last!);

        await Expect(page.GetByTestId("frame-step")).ToHaveTextAsync($"{Steps} of {Steps}");
        (await ShownAsync(page, "frame-noisy")).ShouldNotBe(noise);
        await ShownAsync(page, "frame-denoised");
        alphaBarOfNoise.ShouldBeLessThan(0.01);
        (await AlphaBarAsync(page)).ShouldBeGreaterThan(0.99);
    }

    /// <summary>Waits until an image has really loaded.</summary>
    /// <returns>Its address.</returns>
    private static async Task<string> ShownAsync(IPage page, string testId)
    {
        await page.WaitForFunctionAsync(
            "id => { const image = document.querySelector(`img[data-testid=${id}]`); return image && image.complete && image.naturalWidth > 0; }", testId);
        return (await page.GetByTestId(testId).GetAttributeAsync("src"))!;
    }

    private static async Task<double> AlphaBarAsync(IPage page) =>
        double.Parse(await page.GetByTestId("frame-alpha-bar").InnerTextAsync(), CultureInfo.InvariantCulture);
}
