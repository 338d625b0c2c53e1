using Ddpm.Trainer.Recipes;

namespace Ddpm.Trainer.Training;

public sealed class LearningRateTests
{
    [Theory]
    [InlineData(0, 0.025)]
    [InlineData(1, 0.05)]
    [InlineData(3, 0.1)]
    [InlineData(4, 0.1)]
    [InlineData(9, 0.05)]
    [InlineData(14, 0)]
    public void At_WarmUpThenCosine_RisesLinearlyAndFallsToZero(long step, double expected) =>
        LearningRate.At(new TrainingSection { Steps = 14, LearningRate = 0.1, LearningRateWarmupSteps = 4, LearningRateDecay = "cosine" }, step)
            .ShouldBe(expected, tolerance: 1e-12);

    [Fact]
    public void At_Constant_Stays() =>
        LearningRate.At(new TrainingSection { Steps = 14, LearningRate = 0.1 }, 13).ShouldBe(0.1);

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(8, 0.5)]
    [InlineData(100_000, 0.999)]
    public void WarmedUp_Decay_RisesToItsFinalValue(long steps, double expected) =>
        MovingAverage.WarmedUp(0.999, steps).ShouldBe(expected, tolerance: 1e-12);
}
