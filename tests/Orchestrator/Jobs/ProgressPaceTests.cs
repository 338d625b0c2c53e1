namespace Ddpm.Orchestrator.Tests.Jobs;

public sealed class ProgressPaceTests
{
    [Fact]
    public void ProgressIntervalOf_MoreThanFourJobs_TheyHaveTogetherAsManyEventsAsFour()
    {
        var options = new OrchestratorOptions { ProgressInterval = TimeSpan.FromSeconds(0.5) };

        for (var jobs = 0; jobs <= 4; jobs++)
            options.ProgressIntervalOf(jobs).ShouldBe(TimeSpan.FromSeconds(0.5));
        for (var jobs = 5; jobs <= 2048; jobs++)
            (jobs / options.ProgressIntervalOf(jobs).TotalSeconds).ShouldBe(4 / 0.5, tolerance: 1e-3);
    }
}
