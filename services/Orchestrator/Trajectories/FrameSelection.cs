namespace Ddpm.Orchestrator.Trajectories;

/// <summary>Which steps of a trajectory are kept for scrubbing: the start, and <c>frames</c> of its steps, evenly spread, the last included.</summary>
internal sealed record FrameSelection(int Steps, int Frames)
{
    private int Kept => Math.Min(Steps, Frames);

    public bool Keeps(int step) => step == 0 || (long)step * Kept / Steps != (long)(step - 1) * Kept / Steps;
}
