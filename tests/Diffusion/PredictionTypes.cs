using System.Numerics;

namespace Ddpm.Diffusion.Tests;

/// <summary>Networks that predict something else than ε.</summary>
internal static class PredictionTypes
{
    /// <summary>A network that predicts v or x_0, and its prediction turned back to ε, as the service that evaluates it does.</summary>
    public static EpsilonModel<T> Through<T>(this EpsilonModel<T> epsilon, string predictionType, NoiseSchedule schedule)
        where T : struct, IFloatingPointIeee754<T> =>
        predictionType switch
        {
            "epsilon" => epsilon,
            "v_prediction" => async (x, timestep, ct) =>
            {
                var alphaBar = schedule.AlphaBar(timestep);
                var noise = await epsilon(x, timestep, ct);
                var velocity = ForwardProcess.Velocity<T>(ForwardProcess.Denoised<T>(x, noise, alphaBar), noise, alphaBar);
                return ForwardProcess.NoiseOfVelocity<T>(x, velocity, alphaBar);
            }
            ,
            "sample" => async (x, timestep, ct) =>
            {
                var alphaBar = schedule.AlphaBar(timestep);
                var noise = await epsilon(x, timestep, ct);
                return ForwardProcess.NoiseOfClean<T>(x, ForwardProcess.Denoised<T>(x, noise, alphaBar), alphaBar);
            }
            ,
            _ => throw new InvalidOperationException($"A run predicts {predictionType}."),
        };
}
