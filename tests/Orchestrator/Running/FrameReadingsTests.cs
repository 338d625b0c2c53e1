using Ddpm.V1;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>What is read off a frame.</summary>
public sealed class FrameReadingsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task GetFrame_OfAnyStep_TellsSignalScoreNoiseAndHistogram()
    {
        await using var cluster = await StartAsync(_root.Path);
        var job = await cluster.FinishAsync((await cluster.SubmitAsync(Deterministic(steps: 20))).Id);

        var frames = await cluster.FramesAsync(job.Id);

        foreach (var info in frames)
        {
            var frame = await cluster.Client.Orchestrator.GetFrameAsync(
                new GetFrameRequest { JobId = job.Id, Step = info.Step }, cancellationToken: TestContext.Current.CancellationToken);
            frame.Info.ShouldBe(info);
            info.Histogram.Count.ShouldBe(64);
            info.Histogram.Sum().ShouldBe(24);
            info.HasSignalToNoise.ShouldBe(info.Step < 20);
            info.HasScoreNorm.ShouldBe(info.Step is > 0 and < 20);
            frame.NoisePng.IsEmpty.ShouldBe(!info.HasScoreNorm);
            if (info.HasSignalToNoise)
                info.SignalToNoise.ShouldBe(info.AlphaBar / (1 - info.AlphaBar));
        }
        // DDIM without noise keeps the ε that it went by: the network's own.
        var (before, after) = (frames[9], frames[10]);
        after.Step.ShouldBe(before.Step + 1);
        var x = await StateAsync(before.Step);
        var epsilon = AnalyticDenoiser.Epsilon(x, before.Timestep, null);
        var expected = Math.Sqrt(epsilon.Sum(value => value * value) / (1 - after.AlphaBar));
        after.ScoreNorm.ShouldBe(expected, 0.02 * expected);

        async Task<float[]> StateAsync(int step)
        {
            var noise = new Diffusion.PhiloxNoise(7, 0);
            var sampler = Diffusion.SamplerCatalog.Find("ddim")!;
            var rule = sampler.Create<float>(new Diffusion.NoiseSchedule(new Diffusion.NoiseScheduleOptions()), 20, sampler.Resolve([KeyValuePair.Create("clip_denoised", (object?)false)], out _));
            var initial = new float[24];
            noise.Fill<float>(initial, 0, Diffusion.NoiseUse.Initial);
            var state = rule.Start(initial);
            while (state.Step < step)
                state = await rule.StepAsync(state, (at, t, _) => ValueTask.FromResult(AnalyticDenoiser.Epsilon(at, t, null)), noise, TestContext.Current.CancellationToken);
            return state.X;
        }
    }
}
