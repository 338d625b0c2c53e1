using Ddpm.Diffusion;
using Ddpm.Networks;

namespace Ddpm.Trainer.Training;

internal static class NoiseSchedules
{
    /// <summary>The schedule that a checked scheduler_config.json describes.</summary>
    public static NoiseSchedule Of(SchedulerConfig config)
    {
        var kind = config.BetaSchedule switch
        {
            "linear" => BetaScheduleKind.Linear,
            "scaled_linear" => BetaScheduleKind.ScaledLinear,
            "squaredcos_cap_v2" => BetaScheduleKind.Cosine,
            "sigmoid" => BetaScheduleKind.Sigmoid,
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.BetaSchedule, "is not a schedule that scheduler_config.json may name"),
        };
        return new NoiseSchedule(new NoiseScheduleOptions(kind, config.NumTrainTimesteps, config.BetaStart, config.BetaEnd));
    }
}
