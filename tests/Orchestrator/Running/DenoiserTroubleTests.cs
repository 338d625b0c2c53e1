using Ddpm.V1;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>Denoisers that die, are away, are full, refuse, or answer nonsense while a job runs.</summary>
public sealed class DenoiserTroubleTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Denoiser_DiesInMidJob_TheStepIsAskedAgainAndTheBytesAreTheSame()
    {
        await using var cluster = await StartAsync(_root.Path);
        var whole = await cluster.SubmitAsync(Spec(steps: 60));
        await cluster.FinishAsync(whole.Id);
        var start = cluster.Denoiser.Answered;
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if ((number - start) % 37 == 5)
                throw new BreakStreamException();
        };

        var disturbed = await cluster.SubmitAsync(Spec(steps: 60));

        (await cluster.FinishAsync(disturbed.Id)).State.ShouldBe(JobState.Succeeded);
        (await cluster.ImageAsync(disturbed.Id, 1)).ShouldBe(await cluster.ImageAsync(whole.Id, 1));
    }

    [Fact]
    public async Task Denoiser_OneOfTwoIsAway_TheOtherAnswersAllRows()
    {
        // Nothing listens on the second one's port.
        await using var cluster = await StartAsync(_root.Path, $"--Orchestrator:Denoisers:1={FreeAddress()}");
        var spec = Spec(steps: 20, count: 4);
        spec.Classes = new ClassSelection { Labels = { 0 } };

        var job = await cluster.SubmitAsync(spec);
        (await cluster.FinishAsync(job.Id)).State.ShouldBe(JobState.Succeeded);

        HandRun.Pixels(await cluster.ImageAsync(job.Id, 3)).ShouldBe(await HandRun.PixelsAsync("ddpm", 20, seed: 7, trajectory: 3, label: 0));
        cluster.Denoiser.Answered.ShouldBe(80);
    }

    [Fact]
    public async Task Denoiser_FullForAWhile_IsAskedAgainAfterItsDelay()
    {
        await using var cluster = await StartAsync(_root.Path);
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if (number is 3 or 4)
                throw Protocol.RpcErrors.ResourceExhausted("The queue is full.", TimeSpan.FromMilliseconds(20));
        };
        var job = await cluster.SubmitAsync(Spec());
        (await cluster.FinishAsync(job.Id)).State.ShouldBe(JobState.Succeeded);
    }

    [Fact]
    public async Task Denoiser_RefusesARow_TheJobFailsWithItsWords()
    {
        await using var cluster = await StartAsync(_root.Path);
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if (number == 5)
                throw Protocol.RpcErrors.DataLoss("diffusion_pytorch_model.safetensors does not have the bytes that were published.");
        };
        var job = await cluster.SubmitAsync(Spec());
        var failed = await cluster.FinishAsync(job.Id);
        failed.State.ShouldBe(JobState.Failed);
        failed.Error.ShouldContain("does not have the bytes");
    }

    [Fact]
    public async Task Network_AnswersNaN_TheJobFailsNamingStepAndTimestep()
    {
        await using var cluster = await StartAsync(_root.Path);
        cluster.Denoiser.AfterRow = (noise, number) =>
        {
            if (number == 7)
                noise[3] = float.NaN;
        };
        var job = await cluster.SubmitAsync(Spec(count: 1));
        var failed = await cluster.FinishAsync(job.Id);
        failed.State.ShouldBe(JobState.Failed);
        // Trailing spacing of 10 steps over T = 1000: the seventh step is at timestep 399.
        failed.Error.ShouldContain("step 6");
        failed.Error.ShouldContain("399");
        (await cluster.FramesAsync(job.Id)).Select(f => f.Step).ShouldBe([0, 1, 2, 3, 4, 5, 6]);
    }
}
