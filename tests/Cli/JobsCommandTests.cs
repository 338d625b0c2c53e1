using Ddpm.Cli.Tests.Fakes;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Cli.Tests;

public sealed class JobsCommandTests
{
    [Fact]
    public async Task List_BeyondOnePage_AsksForPagesUpToTheLimit()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Jobs.AddRange(Enumerable.Range(0, 250).Select(i => new Job { Id = $"job-{i}", Spec = new JobSpec() }));

        var outcome = await ddpm.RunAsync("jobs", "list", "--limit", "130", "--state", "running", "--state", "QUEUED", "--model", "m", "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        outcome.Json["jobs"]!.AsArray().Count.ShouldBe(130);
        outcome.Json["totalCount"]!.GetValue<long>().ShouldBe(250);
        ddpm.Server.Orchestrator.Listed.Select(request => request.PageSize).ShouldBe([100, 30]);
        ddpm.Server.Orchestrator.Listed[1].States.ShouldBe([JobState.Running, JobState.Queued]);
        ddpm.Server.Orchestrator.Listed[1].Model.ShouldBe("m");
    }

    [Fact]
    public async Task List_InAPipe_WritesOneLineAJob()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Jobs.Add(new Job
        {
            Id = FakeOrchestrator.JobId,
            State = JobState.Running,
            StepsDone = 12,
            Spec = new JobSpec { Model = "fashion-mnist", Sampler = "ddim", Steps = 50, Count = 16, Seed = 7 },
        });

        var outcome = await ddpm.RunAsync("jobs", "list");

        outcome.Output.Split('\n').ShouldContain(line =>
            System.Text.RegularExpressions.Regex.IsMatch(line, $@"^\s*{FakeOrchestrator.JobId}\s+running\s+fashion-mnist\s+ddim\s+12/50\s+16\s+7"));
    }

    [Theory]
    [InlineData("--limit is 0 but must be at least 1.", "--limit", "0")]
    [InlineData("--state is 'lost' but must be queued, running, succeeded, failed or cancelled.", "--state", "lost")]
    public async Task List_WithBadArgument_SaysTheRule(string message, string option, string value)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("jobs", "list", option, value);

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain(message);
        outcome.Error.ShouldContain("See `ddpm jobs list --help`.");
    }

    [Fact]
    public async Task Show_OfAJob_IsTheContractsJsonMapping()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("jobs", "show", FakeOrchestrator.JobId, "--json");

        outcome.Json["state"]!.GetValue<string>().ShouldBe("JOB_STATE_SUCCEEDED");
        outcome.Json["spec"]!["seed"]!.GetValue<string>().ShouldBe("0", "64-bit integers are strings in protobuf's JSON");
    }

    [Fact]
    public async Task Show_OfNoJob_EndsNotFound()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Failure = RpcErrors.NotFound("There is no job 'x'.");

        var outcome = await ddpm.RunAsync("jobs", "show", "x");

        outcome.ExitCode.ShouldBe(ExitCodes.NotFound);
        outcome.Error.ShouldBe($"ddpm: There is no job 'x'.{Environment.NewLine}");
    }

    [Fact]
    public async Task Delete_OfAJob_DeletesIt()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("jobs", "delete", "job-1");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        ddpm.Server.Orchestrator.Deleted.ShouldBe(["job-1"]);
    }

    [Fact]
    public async Task Watch_WithOut_WritesTheImages()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Submitted.Add(new SubmitJobRequest { Spec = new JobSpec { Steps = 3, Count = 2, Sampler = "ddim" } });

        var outcome = await ddpm.RunAsync("jobs", "watch", FakeOrchestrator.JobId, "--out", ddpm.PathOf("A"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        File.Exists(ddpm.PathOf("A/grid.png")).ShouldBeTrue();
    }

    [Fact]
    public async Task Watch_Interrupted_LeavesTheJobRunning()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Orchestrator.Ending = JobState.Running;
        ddpm.Server.Orchestrator.Submitted.Add(new SubmitJobRequest { Spec = new JobSpec { Steps = 3, Count = 2, Sampler = "ddim" } });
        ddpm.Server.Orchestrator.HoldAtStep = 2;

        var watching = ddpm.RunAsync("jobs", "watch", FakeOrchestrator.JobId);
        await ddpm.Server.Orchestrator.Held;
        ddpm.Interrupts.Raise();
        var outcome = await watching;

        outcome.ExitCode.ShouldBe(ExitCodes.Cancelled);
        outcome.Error.ShouldContain($"Left job {FakeOrchestrator.JobId}; it goes on.");
    }
}
