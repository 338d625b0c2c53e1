using Ddpm.Diffusion;
using SkiaSharp;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>What a job must come to: the same sampler in a plain loop.</summary>
internal static class HandRun
{
    /// <summary>The image of a trajectory of the closed-form network, as grey levels.</summary>
    public static async Task<byte[]> PixelsAsync(string sampler, int steps, ulong seed, int trajectory, int label)
    {
        var definition = SamplerCatalog.Find(sampler)!;
        var schedule = new Diffusion.NoiseSchedule(new NoiseScheduleOptions(BetaScheduleKind.Linear, 1000, 1e-4, 0.02));
        return await PixelsAsync(definition.Create<float>(schedule, steps, definition.Defaults()), seed, trajectory, label);
    }

    /// <summary>The same by a sampler that is there already.</summary>
    public static async Task<byte[]> PixelsAsync(Sampler<float> rule, ulong seed, int trajectory, int? label)
    {
        var noise = new PhiloxNoise(seed, trajectory);
        var initial = new float[Shape[0] * Shape[1] * Shape[2]];
        noise.Fill<float>(initial, 0, NoiseUse.Initial);
        var state = rule.Start(initial);
        while (state.Step < rule.Steps)
            state = await rule.StepAsync(state, Model, noise, TestContext.Current.CancellationToken);
        return [.. state.X.Select(value => (byte)Math.Clamp(Math.Floor((value + 1) * 127.5 + 0.5), 0, 255))];

        ValueTask<float[]> Model(float[] x, double timestep, CancellationToken cancellationToken)
        {
            var epsilon = AnalyticDenoiser.Epsilon(x, timestep, label);
            return ValueTask.FromResult(rule.NeedsVariance ? [.. epsilon, .. AnalyticDenoiser.Variance(x)] : epsilon);
        }
    }

    /// <summary>The grey levels of a PNG.</summary>
    public static byte[] Pixels(byte[] png)
    {
        using var bitmap = SKBitmap.Decode(png);
        return [.. Enumerable.Range(0, bitmap.Height).SelectMany(y => Enumerable.Range(0, bitmap.Width).Select(x => bitmap.GetPixel(x, y).Red))];
    }
}
