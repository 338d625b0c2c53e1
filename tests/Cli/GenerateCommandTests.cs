using Ddpm.Cli.Tests.Fakes;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Cli.Tests;

public sealed class GenerateCommandTests
{
    [Fact]
    public async Task Generate_WithEverySetting_SubmitsThem()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync(
            "generate", "--model", "fashion-mnist", "--version", "stable", "--sampler", "ddim", "--steps", "7", "--count", "3",
            "--seed", "18446744073709551615", "--class", "Bag", "--class", "0", "--guidance", "2.5",
            "--option", "eta=0.25", "--option", "clip=false", "--option", "spacing=quadratic", "--out", ddpm.PathOf("A"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        var submitted = ddpm.Server.Orchestrator.Submitted.ShouldHaveSingleItem();
        submitted.RequestId.ShouldNotBeEmpty();
        submitted.Spec.Model.ShouldBe("fashion-mnist");
        submitted.Spec.Version.ShouldBe("stable");
        submitted.Spec.Sampler.ShouldBe("ddim");
        submitted.Spec.Steps.ShouldBe(7);
        submitted.Spec.Count.ShouldBe(3);
        submitted.Spec.Seed.ShouldBe(ulong.MaxValue);
        submitted.Spec.Classes.Labels.ShouldBe([2, 0]);
        submitted.Spec.GuidanceScale.ShouldBe(2.5f);
        submitted.Spec.SamplerOptions.Fields["eta"].NumberValue.ShouldBe(0.25);
        submitted.Spec.SamplerOptions.Fields["clip"].BoolValue.ShouldBeFalse();
        submitted.Spec.SamplerOptions.Fields["spacing"].StringValue.ShouldBe("quadratic");
    }

    [Fact]
    public async Task Generate_WithModelAlone_TakesTheSamplersDefaultsAndNoClass()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        await ddpm.RunAsync("generate", "--sampler", "vp-sde", "--out", ddpm.PathOf("A"));

        var spec = ddpm.Server.Orchestrator.Submitted.ShouldHaveSingleItem().Spec;
        spec.Steps.ShouldBe(500);
        spec.Version.ShouldBe("latest");
        spec.Classes.Labels.ShouldBeEmpty();
        spec.HasGuidanceScale.ShouldBeFalse();
        spec.SamplerOptions.Fields.ShouldBeEmpty();
    }

    [Fact]
    public async Task Generate_WithSamplerOptionsByTheirOwnNames_SubmitsThem()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("generate", "--eta", "0.5", "--clip", "--spacing=uniform", "--steps", "2", "--out", ddpm.PathOf("A"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        var fields = ddpm.Server.Orchestrator.Submitted.ShouldHaveSingleItem().Spec.SamplerOptions.Fields;
        fields["eta"].NumberValue.ShouldBe(0.5);
        fields["clip"].BoolValue.ShouldBeTrue();
        fields["spacing"].StringValue.ShouldBe("uniform");
    }

    [Fact]
    public async Task Generate_WithClassAll_TakesEveryClassInOrder()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        await ddpm.RunAsync("generate", "--class", "all", "--steps", "1", "--out", ddpm.PathOf("A"));

        ddpm.Server.Orchestrator.Submitted.ShouldHaveSingleItem().Spec.Classes.Labels.ShouldBe([0, 1, 2]);
    }

    [Theory]
    [InlineData("There is no option --stpes. Options of sampler 'ddim': eta, spacing, clip.", "--stpes", "50")]
    [InlineData("--eta: 'much' must be a number.", "--eta", "much")]
    [InlineData("--clip: 'perhaps' must be true or false.", "--clip", "perhaps")]
    [InlineData("--spacing needs a value.", "--spacing")]
    [InlineData("--option is 'eta' but must be NAME=VALUE.", "--option", "eta")]
    [InlineData("'stray' is not understood", "stray")]
    [InlineData("There is no sampler 'magic'. There are: ddim, vp-sde.", "--sampler", "magic")]
    [InlineData("--class: there is no class 'hat'. There are: all, 0 or 'shirt', 1 or 'coat', 2 or 'bag'.", "--class", "hat")]
    [InlineData("--class: there is no class '3'", "--class", "3")]
    public async Task Generate_WithBadArgument_SubmitsNothingAndSaysTheRule(string message, params string[] arguments)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync(["generate", "--out", ddpm.PathOf("A"), .. arguments]);

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain(message);
        ddpm.Server.Orchestrator.Submitted.ShouldBeEmpty();
        Directory.Exists(ddpm.PathOf("A")).ShouldBeFalse("nothing came of it");
    }

    [Fact]
    public async Task Generate_WhenTheJobSucceeds_WritesEveryImageAndTheGridAndNothingElse()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("generate", "--steps", "2", "--count", "2", "--out", ddpm.PathOf("deep/A"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        Directory.GetFileSystemEntries(ddpm.PathOf("deep/A")).Select(Path.GetFileName).Order().ShouldBe(["000.png", "001.png", "grid.png"]);
        File.ReadAllBytes(ddpm.PathOf("deep/A/001.png")).ShouldBe(FakeOrchestrator.ImageOf(1));
        File.ReadAllBytes(ddpm.PathOf("deep/A/grid.png")).ShouldBe(FakeOrchestrator.Grid);
    }

    [Fact]
    public async Task Generate_WithJson_WritesOneDocumentAndProgressAsLines()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("generate", "--steps", "2", "--count", "2", "--out", ddpm.PathOf("A"), "--json");

        outcome.Json["job"]!["id"]!.GetValue<string>().ShouldBe(FakeOrchestrator.JobId);
        outcome.Json["job"]!["state"]!.GetValue<string>().ShouldBe("JOB_STATE_SUCCEEDED");
        outcome.Json["images"]!.AsArray().Select(image => image!.GetValue<string>()).ShouldBe([ddpm.PathOf("A/000.png"), ddpm.PathOf("A/001.png")]);
        outcome.Json["grid"]!.GetValue<string>().ShouldBe(ddpm.PathOf("A/grid.png"));
        outcome.Error.ShouldContain("ddim · step 1/2 · 2 NFE · 0:01 left");
    }

    [Fact]
    public async Task Generate_WhenTheJobFails_EndsWithItsErrorAndLeavesNoFolder()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Ending = JobState.Failed;

        var outcome = await ddpm.RunAsync("generate", "--steps", "1", "--out", ddpm.PathOf("A"), "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.JobFailed);
        outcome.Json["error"]!["exitCode"]!.GetValue<int>().ShouldBe(ExitCodes.JobFailed);
        outcome.Error.ShouldContain("the weights are corrupt");
        Directory.Exists(ddpm.PathOf("A")).ShouldBeFalse();
    }

    [Fact]
    public async Task Generate_InterruptedOnce_CancelsTheJob()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.HoldAtStep = 2;

        var running = ddpm.RunAsync("generate", "--steps", "5", "--out", ddpm.PathOf("A"));
        await ddpm.Server.Orchestrator.Held;
        ddpm.Interrupts.Raise();
        var outcome = await running;

        outcome.ExitCode.ShouldBe(ExitCodes.Cancelled);
        outcome.Error.ShouldContain("was cancelled after 2 of 5 steps");
    }

    [Fact]
    public async Task Generate_RefusedByTheServer_ListsFieldsAndRulesWithoutStackTrace()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        var violations = new Violations();
        violations.Add("spec.steps", "must be from 1 to 1000, is 5000");
        violations.Add("spec.count", "must be from 1 to 64, is 0");
        ddpm.Server.Orchestrator.Refusal = violations.ToRpcException();

        var outcome = await ddpm.RunAsync("generate", "--steps", "5000", "--count", "0", "--out", ddpm.PathOf("A"), "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain("spec.steps: must be from 1 to 1000, is 5000");
        outcome.Error.ShouldContain("spec.count: must be from 1 to 64, is 0");
        outcome.Error.ShouldNotContain("   at ");
        outcome.Json["error"]!["violations"]![1]!["field"]!.GetValue<string>().ShouldBe("spec.count");
    }

    [Fact]
    public async Task Generate_OntoAFile_FailsBeforeTheJobBegins()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        await File.WriteAllTextAsync(ddpm.PathOf("A"), "a file", TestContext.Current.CancellationToken);

        var outcome = await ddpm.RunAsync("generate", "--steps", "1", "--out", ddpm.PathOf("A"));

        outcome.ExitCode.ShouldBe(ExitCodes.Failure);
        outcome.Error.ShouldContain($"Cannot make the folder {ddpm.PathOf("A")}");
        ddpm.Server.Orchestrator.Submitted.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(StatusCode.NotFound, ExitCodes.NotFound)]
    [InlineData(StatusCode.Unauthenticated, ExitCodes.Unavailable)]
    [InlineData(StatusCode.ResourceExhausted, ExitCodes.Failure)]
    [InlineData(StatusCode.Internal, ExitCodes.Failure)]
    public async Task Generate_WhenACallFails_EndsWithTheDocumentedCode(StatusCode status, int exitCode)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Failure = new RpcException(new Status(status, "it says why"));

        var outcome = await ddpm.RunAsync("generate", "--steps", "1", "--out", ddpm.PathOf("A"));

        outcome.ExitCode.ShouldBe(exitCode);
        outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldStartWith("ddpm: ");
    }
}
