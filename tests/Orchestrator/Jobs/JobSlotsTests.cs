using Ddpm.Orchestrator.Jobs;
using Ddpm.V1;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Tests.Jobs;

public sealed class JobSlotsTests
{
    [Fact]
    public async Task Running_AnyPriority_CountsThoseThatHavePlacesAndNotThoseThatWait()
    {
        using var slots = new JobSlots(Options.Create(new OrchestratorOptions { MaxRunningJobs = 1 }));
        await slots.EnterAsync(Priority.Interactive, TestContext.Current.CancellationToken);
        await slots.EnterAsync(Priority.Bulk, TestContext.Current.CancellationToken);
        using var givesUp = new CancellationTokenSource();
        var waiting = slots.EnterAsync(Priority.Bulk, TestContext.Current.CancellationToken);
        var impatient = slots.EnterAsync(Priority.Bulk, givesUp.Token);
        slots.Running.ShouldBe(2);

        await givesUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(impatient);
        slots.Running.ShouldBe(2);

        slots.Leave(Priority.Bulk);
        await waiting;
        slots.Running.ShouldBe(2);

        slots.Leave(Priority.Bulk);
        slots.Leave(Priority.Interactive);
        slots.Running.ShouldBe(0);
    }
}
