using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

public sealed class EvalTests
{
    /// <summary>The shipped model and the real data set; so few samples and steps that the figures mean little, but they are of the right kind.</summary>
    [Fact]
    public async Task Eval_OfTheShippedModel_MeasuresSamplesAndBoundAndKeepsThem()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));
        string[] server = ["--server", standalone.GrpcAddress.OriginalString, "--json"];

        var samples = (await DdpmCommand.SucceedAsync(
            ["eval", "fashion-mnist", "--against", "fashion-mnist", "--count", "20", "--steps", "4", "--guidance", "1.5", "--references", "200", .. server])).Json["samples"]!;
        var bound = (await DdpmCommand.SucceedAsync(
            ["eval", "fashion-mnist", "--against", "fashion-mnist", "--bound", "--count", "2", "--every", "333", .. server])).Json["bound"]!;
        var shown = (await DdpmCommand.SucceedAsync(["models", "show", "fashion-mnist@latest", .. server])).Json;
        var jobs = (await DdpmCommand.SucceedAsync(["jobs", "list", .. server])).Json["jobs"]!.AsArray();

        samples["count"]!.GetValue<int>().ShouldBe(20);
        samples["referenceCount"]!.GetValue<int>().ShouldBe(200);
        samples["features"]!.GetValue<string>().ShouldStartWith("fashion-mnist-classifier-");
        samples["samplerOptions"]!.AsArray().Select(option => option!.GetValue<string>()).ShouldContain("eta=0");
        samples["frechetDistance"]!.GetValue<double>().ShouldBeInRange(1, 1000);
        samples["classAccuracies"]!.AsArray().Count.ShouldBe(10);
        samples["classAccuracy"]!.GetValue<double>().ShouldBeGreaterThan(0.3);
        bound["bitsPerDimension"]!.GetValue<double>().ShouldBeInRange(1, 8);
        shown["measurements"]!.AsArray().Count.ShouldBe(2);
        jobs.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("'nowhere'", 3, "--against", "nowhere")]
    [InlineData("Trainer:InceptionNetwork", 1, "--against", "fashion-mnist", "--features", "inception")]
    [InlineData("guidance_scale", 2, "--against", "fashion-mnist", "--guidance", "31")]
    public async Task Eval_ThatCannotBe_SaysWhy(string message, int exitCode, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));

        var outcome = await DdpmCommand.RunAsync(
            ["eval", "fashion-mnist", "--count", "4", "--steps", "1", "--references", "4", "--server", standalone.GrpcAddress.OriginalString, .. arguments]);

        outcome.ExitCode.ShouldBe(exitCode, outcome.Error);
        outcome.Error.ShouldContain(message);
    }
}
