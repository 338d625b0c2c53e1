using System.Text.Json.Nodes;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ddpm.EndToEnd.Tests;

/// <summary>Takes the pictures of the documentation: the shipped model, the real system, a real browser. <c>docs/pictures/make.sh</c> runs it.</summary>
public sealed class Pictures
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "pictures");

    [Fact(Explicit = true)]
    public async Task Take_OfTheGallery()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.Reduce });

        await page.GotoAsync("/?model=fashion-mnist&sampler=ddpm&steps=500&seed=7&count=16&classes=0,1,2,3,4,5,6,7,8,9");
        await page.GetByTestId("create-submit").ClickAsync();
        await Expect(page.GetByTestId("progress-step")).ToHaveTextAsync(
            new System.Text.RegularExpressions.Regex("^(3[0-9][0-9]) of"), new LocatorAssertionsToHaveTextOptions { Timeout = 600_000 });
        await ShootAsync(page, "create.png");

        await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Finished", new LocatorAssertionsToHaveTextOptions { Timeout = 600_000 });
        await page.GetByTestId("open-job").ClickAsync();
        await page.GetByTestId("job-image-9").ClickAsync();
        var slider = page.GetByTestId("frame-slider");
        var last = int.Parse((await slider.GetAttributeAsync("max"))!, System.Globalization.CultureInfo.InvariantCulture);
        await slider.FillAsync($"{last * 4 / 5}");
        await Expect(page.GetByTestId("frame-step")).Not.ToHaveTextAsync("500 of 500");
        await page.WaitForFunctionAsync("() => [...document.images].every(image => image.complete)");
        await ShootAsync(page, "job.png");
    }

    [Fact(Explicit = true)]
    public async Task Take_OfEditing()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.Reduce });

        // A bag.
        await page.GotoAsync("/?model=fashion-mnist&sampler=ddim&steps=50&seed=7&count=1&classes=8&guidance=2");
        await CreateAsync();
        await page.GetByTestId("open-job").ClickAsync();
        await page.GetByTestId("begin-at-image").ClickAsync();
        await page.GetByTestId("start-keptpicture").ClickAsync();
        var canvas = page.GetByTestId("mask-canvas");
        await canvas.ScrollIntoViewIfNeededAsync();
        var box = (await canvas.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width * 0.1f, box.Y + box.Height * 0.12f);
        await page.Mouse.DownAsync();
        for (var row = 0; row < 8; row++)
            await page.Mouse.MoveAsync(box.X + box.Width * (row % 2 == 0 ? 0.9f : 0.1f), box.Y + box.Height * (0.05f + row / 2 * 0.06f), new MouseMoveOptions { Steps = 10 });
        await page.Mouse.UpAsync();
        await page.GetByTestId("count-input").FillAsync("9");
        await page.GetByTestId("count-input").BlurAsync();
        await CreateAsync();
        await page.WaitForFunctionAsync("() => [...document.images].every(image => image.complete)");
        await canvas.EvaluateAsync("canvas => canvas.scrollIntoView({ block: 'center' })");
        await ShootAsync(page, "edit.png");

        async Task CreateAsync()
        {
            await page.GetByTestId("create-submit").ClickAsync();
            await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Finished", new LocatorAssertionsToHaveTextOptions { Timeout = 600_000 });
        }
    }

    [Fact(Explicit = true)]
    public async Task Take_OfAComparison()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.Reduce });

        await page.GotoAsync("/compare");
        await page.GetByTestId("compare-run").ClickAsync();
        await Expect(page.GetByTestId("compare-progress")).ToContainTextAsync("all there", new LocatorAssertionsToContainTextOptions { Timeout = 600_000 });
        await page.WaitForFunctionAsync("() => [...document.images].every(image => image.complete)");
        await page.GetByTestId("compare-progress").EvaluateAsync("progress => progress.scrollIntoView({ block: 'start' })");
        await ShootAsync(page, "compare.png");
    }

    [Fact(Explicit = true)]
    public async Task Take_OfEmoji()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.Reduce });

        await page.GotoAsync("/?model=emoji&sampler=ddim&steps=50&seed=7&count=36&guidance=2&classes=all");
        await page.GetByTestId("create-submit").ClickAsync();
        await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Finished", new LocatorAssertionsToHaveTextOptions { Timeout = 600_000 });
        await page.GetByTestId("open-job").ClickAsync();
        await Expect(page.GetByTestId("job-image-35")).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("() => [...document.images].every(image => image.complete)");
        await ShootAsync(page, "emoji.png");
    }

    [Fact(Explicit = true)]
    public async Task Take_OfATrainingRun()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        var suggested = (await standalone.Client.Trainer.SuggestRecipeAsync(
            new SuggestRecipeRequest { DataSet = "fashion-mnist", Model = "garments" }, cancellationToken: cancellationToken)).RecipeJson;
        var recipe = JsonNode.Parse(suggested)!;
        recipe["training"]!["steps"] = 900;
        recipe["training"]!["learning_rate_warmup_steps"] = 100;
        recipe["training"]!["ema_decay"] = 0.99;
        recipe["samples"]!["every"] = 150;
        var run = (await standalone.Client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = recipe.ToJsonString() }, cancellationToken: cancellationToken)).Run;
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ReducedMotion = ReducedMotion.Reduce });

        await foreach (var happened in standalone.Client.WatchRunAsync(run.Id, 1, cancellationToken))
        {
            if (happened.Run.Samples.Count == 5)
                break;
        }
        await page.GotoAsync($"/runs/{run.Id}");
        await foreach (var happened in standalone.Client.WatchRunAsync(run.Id, 1, cancellationToken))
        {
            if (happened.Run.StepsDone >= 850)
                break;
        }
        await page.WaitForFunctionAsync("() => [...document.images].every(image => image.complete)");
        await ShootAsync(page, "run.png");
    }

    private static Task ShootAsync(IPage page, string name) =>
        page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Folder, name) });
}
