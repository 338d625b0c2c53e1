using System.Numerics;

namespace Ddpm.Diffusion.Tests;

internal static class Trajectories
{
    /// <summary>Runs a sampler from x_T for a number of its steps, or all of them.</summary>
    public static async Task<SamplerState<T>> RunAsync<T>(this Sampler<T> sampler, T[] start, EpsilonModel<T> model, INoiseSource noise, int? steps = null)
        where T : struct, IFloatingPointIeee754<T>
    {
        var state = sampler.Start(start);
        while (state.Step < (steps ?? sampler.Steps))
            state = await sampler.StepAsync(state, model, noise, TestContext.Current.CancellationToken);
        return state;
    }

    /// <summary>The same from the x_T of the noise.</summary>
    public static Task<SamplerState<double>> RunAsync(this Sampler<double> sampler, EpsilonModel<double> model, PhiloxNoise noise, int? steps = null)
    {
        var start = new double[AnalyticModel.Elements];
        noise.Fill<double>(start, 0, NoiseUse.Initial);
        return sampler.RunAsync(start, model, noise, steps);
    }
}
