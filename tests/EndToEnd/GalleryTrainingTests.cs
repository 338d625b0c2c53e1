using System.Text.RegularExpressions;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Trainer;
using Ddpm.Trainer.Data;
using Ddpm.V1;
using Microsoft.Playwright;
using SkiaSharp;
using static Microsoft.Playwright.Assertions;

namespace Ddpm.EndToEnd.Tests;

/// <summary>From a zip of pictures to images of a model of its own, by the gallery alone.</summary>
public sealed class GalleryTrainingTests
{
    private const int Steps = 12;

    private static readonly string Recipe = TinyData.Recipe
        .Replace("\"source\": \"stripes\"", "\"source\": \"halves\"")
        .Replace("\"name\": \"stripes\", \"class_names\": [\"above\", \"below\"]", "\"name\": \"halves\"");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Visitor_UploadsPicturesTrainsOnThemAndCreatesWithWhatCameOfIt()
    {
        using var folder = new TemporaryFolder();
        var zip = WriteZip(folder.Resolve("Halves.zip"));
        Directory.CreateDirectory(folder.Resolve("none"));
        await using var standalone = await StandaloneProcess.StartAsync(
            folder.Resolve("data"), $"Trainer:ShippedModels={folder.Resolve("none")}");
        await using var browser = await BrowserPage.OpenOrSkipAsync(standalone.GalleryAddress);
        var page = browser.Page;

        await page.GotoAsync("/");
        await page.GetByTestId("nav-train").ClickAsync();
        await UploadAsync(page, zip);
        await StartAsync(page);
        await FollowAsync(page);
        await page.GetByTestId("run-create").ClickAsync();
        await page.GetByTestId("count-input").FillAsync("2");
        await page.GetByTestId("steps-input").FillAsync("5");
        await page.GetByTestId("steps-input").BlurAsync();
        await page.GetByTestId("create-submit").ClickAsync();
        await Expect(page.GetByTestId("job-state")).ToHaveTextAsync("Finished");

        var run = (await standalone.Client.Trainer.ListRunsAsync(new ListRunsRequest(), cancellationToken: Cancellation)).Runs.ShouldHaveSingleItem();
        var jobs = (await standalone.Client.Orchestrator.ListJobsAsync(new ListJobsRequest { Model = "halves" }, cancellationToken: Cancellation)).Jobs;
        var created = jobs.Single(job => job.Spec.Count == 2);
        run.PublishedVersion.ShouldNotBeEmpty();
        created.Spec.Version.ShouldBe(run.PublishedVersion);
        created.ClassNames.ShouldBe(["left", "right"]);
        await page.GetByTestId("nav-models").ClickAsync();
        await page.GetByTestId("model-halves").ClickAsync();
        await Expect(page.GetByTestId($"version-{run.PublishedVersion[..10]}").GetByTestId("alias-latest")).ToBeVisibleAsync();
        browser.Errors.ShouldBeEmpty();
    }

    /// <summary>Uploads the zip and sees its images, each class apart, and the one that cannot be read.</summary>
    private static async Task UploadAsync(IPage page, string zip)
    {
        // Blazor's InputFile hears of files from here on.
        await page.WaitForFunctionAsync("() => document.querySelector('[data-testid=upload-file]')?._blazorInputFileNextFileId === 0");
        await page.GetByTestId("upload-file").SetInputFilesAsync(zip);
        await Expect(page.GetByTestId("upload-name")).ToHaveValueAsync("halves");
        await page.GetByTestId("upload-send").ClickAsync();
        await Expect(page.GetByTestId("wall").Locator("img")).ToHaveCountAsync(20);
        await Expect(page.GetByTestId("data-unreadable")).ToContainTextAsync("left/broken.png");
        await page.GetByTestId("wall-class-1").ClickAsync();
        await Expect(page.GetByTestId("wall").Locator("img")).ToHaveCountAsync(10);
        await Expect(page.GetByTestId("recipe-model-name")).ToHaveValueAsync("halves");
    }

    /// <summary>Writes a recipe of a tiny network, breaks a rule of it, sees that said at its field, and starts.</summary>
    private static async Task StartAsync(IPage page)
    {
        await page.GetByTestId("recipe-all").Locator("summary").ClickAsync();
        await FillAsync(page, "recipe-json", Recipe);
        await Expect(page.GetByTestId("recipe-training-steps")).ToHaveValueAsync("6");
        await FillAsync(page, "recipe-training-steps", $"{Steps}");
        await Expect(page.GetByTestId("recipe-json")).ToHaveValueAsync(new Regex($"\"steps\": {Steps},"));
        await FillAsync(page, "recipe-training-batch-size", "0");
        await page.GetByTestId("recipe-start").ClickAsync();
        await Expect(page.GetByTestId("recipe-training-batch-size")).ToHaveAttributeAsync("aria-invalid", "true");
        await FillAsync(page, "recipe-training-batch-size", "8");
        await page.GetByTestId("recipe-start").ClickAsync();
        await page.WaitForURLAsync(new Regex("/runs/[0-9a-f-]{36}$"));
    }

    /// <summary>Follows the run to its end, reads a value off its curve, and sees the images that were made.</summary>
    private static async Task FollowAsync(IPage page)
    {
        await Expect(page.GetByTestId("run-state")).ToHaveTextAsync("Finished");
        await Expect(page.GetByTestId("publication")).ToContainTextAsync("latest");
        await Expect(page.GetByTestId("run-step")).ToHaveTextAsync($"{Steps} of {Steps}");
        await page.GetByTestId("chart-loss").Locator("input").FocusAsync();
        await page.Keyboard.PressAsync("End");
        await Expect(page.GetByTestId("chart-loss").Locator(".reading")).ToHaveTextAsync(new Regex($"^step {Steps}\\s+measured [0-9.]+"));
        await page.WaitForFunctionAsync("() => document.querySelector('img[data-testid=samples-grid]')?.naturalWidth > 0");
    }

    private static async Task FillAsync(IPage page, string testId, string value)
    {
        var field = page.GetByTestId(testId);
        await field.FillAsync(value);
        await field.BlurAsync();
    }

    private static string WriteZip(string path)
    {
        var folder = Path.ChangeExtension(path, null);
        TinyImages.WriteFolder(folder, [
            .. Enumerable.Range(0, 20).Select(i => i % 2 == 0
                ? ($"left/{i:00}.png", TinyImages.Halves(16, 16, SKColors.White, SKColors.Black))
                : ($"right/{i:00}.png", TinyImages.Halves(16, 16, SKColors.Black, SKColors.White))),
            ("left/broken.png", [1, 2, 3]),
        ]);
        System.IO.Compression.ZipFile.CreateFromDirectory(folder, path);
        return path;
    }
}
