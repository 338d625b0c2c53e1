using Ddpm.Networks;
using Ddpm.Trainer.Evaluation;
using Ddpm.V1;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Runs;

public sealed class LearnedVarianceRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task StartRun_LearnedRange_PublishesAVersionThatSaysSoAndCanBeMeasured()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        var run = await trainer.FinishAsync(TinyData.LearnedRangeRecipe);

        run.State.ShouldBe(RunState.Succeeded, run.Error);
        (await trainer.GetModelAsync("stripes")).Versions.ShouldHaveSingleItem().SampleShape.ShouldBe([1, 8, 8], "the variance is no channel of an image");
        using var checkpoint = Checkpoint.Load(Path.Combine(_folder.Path, "models/stripes/versions", run.PublishedVersion));
        checkpoint.Scheduler.VarianceType.ShouldBe("learned_range");
        checkpoint.Network.Config.OutChannels.ShouldBe(2);
        using var images = tensor(TinyData.Images().Pixels).reshape(64, 1, 8, 8)[..4];
        VariationalBound.Measure(checkpoint, images, cancellationToken: TestContext.Current.CancellationToken).Total.ShouldBeInRange(0.1, 100);
    }
}
