using System.Text.Json;

namespace Ddpm.Diffusion.Tests.Editing;

/// <summary>Trajectories over the analytic model that begin at any state.</summary>
internal static class EditedTrajectories
{
    public static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    /// <summary>Every sampler of the catalogue, with nothing clipped where that is an option: the mixture's images are not all within −1 … 1.</summary>
    public static Sampler<double> Unclipped(string name, int steps)
    {
        var definition = SamplerCatalog.Find(name)!;
        var clip = definition.Options.Any(option => option.Name == "clip_denoised") ? new[] { KeyValuePair.Create("clip_denoised", (object?)false) } : [];
        return definition.Create<double>(Schedule, steps, definition.Resolve(clip, out _));
    }

    public static async Task<SamplerState<double>> RunAsync(
        Sampler<double> sampler, SamplerState<double> state, int trajectory = 0, int? until = null, ulong seed = 1)
    {
        while (state.Step < (until ?? sampler.Steps))
            state = await sampler.StepAsync(state, AnalyticModel.Of<double>(Schedule), new PhiloxNoise(seed, trajectory), TestContext.Current.CancellationToken);
        return state;
    }

    /// <summary>Fails unless a trajectory that is written down after some step, and read again, ends in the same bits.</summary>
    public static async Task ShouldContinueBitForBitAsync(Sampler<double> sampler, SamplerState<double> start, int cut)
    {
        var whole = await RunAsync(sampler, start);
        var record = JsonSerializer.Serialize(await RunAsync(sampler, start, until: cut));
        var resumed = await RunAsync(sampler, JsonSerializer.Deserialize<SamplerState<double>>(record)!);
        resumed.X.ShouldBe(whole.X);
        resumed.Evaluations.ShouldBe(whole.Evaluations);
    }

    public static double[] InitialNoise(int trajectory, ulong seed = 1)
    {
        var noise = new double[AnalyticModel.Elements];
        new PhiloxNoise(seed, trajectory).Fill<double>(noise, 0, NoiseUse.Initial);
        return noise;
    }

    public static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Sum());
}
