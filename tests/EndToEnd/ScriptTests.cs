using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

/// <summary>The two commands of the README, as a user types them.</summary>
public sealed class ScriptTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task RunScript_UntilInterrupted_ServesTheGalleryAndStopsCleanly(string signal)
    {
        using var folder = new TemporaryFolder();
        await using var run = RunningProcess.Start(
            Repository.Resolve("run.sh"),
            [$"--Listen:Web={ServiceProcess.FreeAddress()}", $"--Listen:Grpc={ServiceProcess.FreeAddress()}"],
            new Dictionary<string, string> { ["DDPM_DATA"] = folder.Path },
            workingFolder: "/");

        var gallery = new Uri((await run.OutputMatchAsync(@"^Gallery +(\S+)\n")).Groups[1].Value);
        using var browser = new HttpClient();
        (await browser.GetStringAsync(gallery, TestContext.Current.CancellationToken)).ShouldContain("<html");
        await run.SignalAsync(signal);

        (await run.ExitAsync()).ShouldBe(0, run.Error);
        run.Error.ShouldNotContain("Exception");
    }

    [Fact]
    public async Task DdpmScript_FromAnotherFolder_RunsTheServicesItselfAndWritesThere()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        Directory.CreateDirectory(folder.Resolve("work"));

        await using var ddpm = RunningProcess.Start(
            Repository.Resolve("ddpm"),
            ["generate", "--model", TinyModel.Name, "--sampler", "ddim", "--steps", "5", "--count", "1", "--seed", "2", "--out", "images"],
            new Dictionary<string, string> { ["DDPM_DATA"] = folder.Resolve("data") },
            workingFolder: folder.Resolve("work"));

        (await ddpm.ExitAsync()).ShouldBe(0, ddpm.Error);
        File.Exists(folder.Resolve("work", "images", "000.png")).ShouldBeTrue();
        ddpm.Error.ShouldNotContain("Exception");
    }

    [Fact]
    public async Task Generate_InterruptedWhileItRunsTheServicesItself_CancelsTheJobAndEndsWith130()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        await using var ddpm = DdpmCommand.Start(
            ["generate", "--model", TinyModel.Name, "--sampler", "ddpm", "--steps", "1000", "--count", "8", "--out", folder.Resolve("A"),
                "--data", folder.Resolve("data")]);
        await ddpm.ErrorMatchAsync(@"^ddpm · step [1-9]\d*/1000");

        await ddpm.SignalAsync("INT");

        (await ddpm.ExitAsync()).ShouldBe(130);
        ddpm.Error.ShouldContain("was cancelled after ");
        Directory.Exists(folder.Resolve("A")).ShouldBeFalse();
    }
}
