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

    /// <summary>The operator's network here sums each channel; what Inception would say cannot be known without its weights.</summary>
    [Fact]
    public async Task Eval_WithTheOperatorsNetwork_NamesItsFeatures()
    {
        using var folder = new TemporaryFolder();
        Trainer.Evaluation.TorchScriptFile.Write(folder.Resolve("sums.pt"), "torch.mean(x, [3])");
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"), $"Trainer:InceptionNetwork={folder.Resolve("sums.pt")}");

        var outcome = await DdpmCommand.RunAsync(
            "eval", "fashion-mnist", "--against", "fashion-mnist", "--features", "inception", "--count", "10", "--steps", "1", "--references", "10",
            "--server", standalone.GrpcAddress.OriginalString, "--json");

        // [n, 3, 299] are no features [n, d]: the network is the operator's to mend, and the answer says how.
        outcome.ExitCode.ShouldBe(1);
        outcome.Json["error"]!["message"]!.GetValue<string>().ShouldContain("must answer features");
        Trainer.Evaluation.TorchScriptFile.Write(folder.Resolve("sums.pt"), "torch.mean(x, [2, 3])");
        var mended = await DdpmCommand.SucceedAsync(
            "eval", "fashion-mnist", "--against", "fashion-mnist", "--features", "inception", "--count", "10", "--steps", "1", "--references", "10",
            "--server", standalone.GrpcAddress.OriginalString, "--json");
        mended.Json["samples"]!["features"]!.GetValue<string>().ShouldStartWith("torchscript-");
        mended.Json["samples"]!["frechetDistance"]!.GetValue<double>().ShouldBeGreaterThan(0);
        mended.Json["samples"]!["classAccuracy"].ShouldBeNull();
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
