using Ddpm.V1;

namespace Ddpm.Web.Following;

public static class RunExtensions
{
    /// <summary>Whether nothing will happen to the run unless it is resumed.</summary>
    public static bool HasEnded(this Run run) => run.State is RunState.Succeeded or RunState.Failed or RunState.Stopped;

    /// <summary>Steps done of all steps, 0 … 1.</summary>
    public static double Fraction(this Run run) => run.StepsTotal > 0 ? Math.Clamp((double)run.StepsDone / run.StepsTotal, 0, 1) : 0;
}
