using Ddpm.Networks;
using Ddpm.Safetensors;
using Ddpm.Trainer.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>Five optimiser steps against PyTorch's with diffusers' network; see goldens/README.md.</summary>
public sealed class OptimisationGoldenTests
{
    /// <summary>Run A: the same batch, timesteps and noise five times, Adam at 1e-3.</summary>
    [Fact]
    public void Step_OneBatchFiveTimes_FollowsPyTorch()
    {
        double[] losses = [1.1653413997836934, 1.0316933397095311, 0.9411218123540731, 0.8668498988978991, 0.8035751857624124];
        double[] norms = [1.5151074710075612, 1.1435128253044187, 0.99781956681515, 0.9276461634139328, 0.8253538064393764];
        using var replay = new Replay(new TrainingSection { Steps = 5, LearningRate = 1e-3, GradientClipNorm = null });

        for (var step = 0; step < 5; step++)
            replay.Step(batch: 0).ShouldFollow(losses[step], norms[step]);
    }

    /// <summary>Run B: timesteps and noise of each step, learning rate warming up to 2e-4 over five steps, clipped to 1, averaged with 0.9.</summary>
    [Fact]
    public void Step_WarmUpClippingAndAveraging_FollowsPyTorch()
    {
        double[] losses = [1.1653413997836934, 1.1463662561633556, 1.1211704201735813, 1.0945076450030704, 1.1123864617961412];
        double[] norms = [1.5151074710075612, 1.42984282894466, 1.4910966742776852, 1.130288571924166, 1.4603628762661423];
        using var replay = new Replay(new TrainingSection
        {
            Steps = 5,
            LearningRate = 2e-4,
            LearningRateWarmupSteps = 5,
            GradientClipNorm = 1,
            EmaDecay = 0.9,
            EmaWarmup = false,
        });

        for (var step = 0; step < 5; step++)
            replay.Step(batch: step).ShouldFollow(losses[step], norms[step]);

        replay.AveragedNorm().ShouldBe(48.96447509512982, tolerance: 2e-5);
        replay.DistanceAfter("B.eps_after.f64", averaged: false).ShouldBeLessThan(2e-4);
        replay.DistanceAfter("B.eps_after_ema0.9.f64", averaged: true).ShouldBeLessThan(2e-5);
    }

    private sealed class Replay : IDisposable
    {
        private readonly SafetensorsFile _recorded = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "goldens/train_unet_tiny.safetensors"));
        private readonly Checkpoint _checkpoint = Checkpoint.Load(Path.Combine(AppContext.BaseDirectory, "goldens/unet_tiny"));
        private readonly UNet2DModel _averaged;
        private readonly Optimisation _optimisation;
        private readonly DisposeScope _scope = NewDisposeScope();

        public Replay(TrainingSection training)
        {
            _averaged = new UNet2DModel(_checkpoint.Network.Config);
            var recipe = new Recipe
            {
                Model = new ModelSection { Name = "tiny" },
                Data = new DataSection { Source = "recorded" },
                Training = training,
            };
            _checkpoint.Network.train();
            _optimisation = new Optimisation(recipe, _checkpoint.Network, _averaged, NoiseSchedules.Of(new SchedulerConfig()));
        }

        public StepResult Step(int batch) => _optimisation.Step([new NoisyBatch(Read("x0"), Read("noise")[batch], Timesteps(batch), null, DropoutSeed: 0)]);

        public double AveragedNorm()
        {
            using var _ = no_grad();
            return Math.Sqrt(_averaged.parameters().Sum(parameter => parameter.to(float64).square().sum().item<double>()));
        }

        /// <summary>Distance of the prediction on x_t of the first batch to the recorded one.</summary>
        public double DistanceAfter(string recorded, bool averaged)
        {
            using var _ = no_grad();
            var network = averaged ? _averaged : _checkpoint.Network;
            var alphaBars = tensor(NoiseSchedules.Of(new SchedulerConfig()).AlphaBars.ToArray())[Timesteps(0)].reshape(-1, 1, 1, 1);
            var x = (alphaBars.sqrt() * Read("x0") + (1 - alphaBars).sqrt() * Read("noise")[0]).to(float32);
            var expected = tensor(_recorded.ReadFloat64(recorded), _recorded.Entries[recorded].Shape);
            return (network.forward(x, Timesteps(0), null).to(float64) - expected).abs().max().item<double>();
        }

        public void Dispose()
        {
            _scope.Dispose();
            _optimisation.Dispose();
            _averaged.Dispose();
            _checkpoint.Dispose();
            _recorded.Dispose();
        }

        private Tensor Read(string name) => tensor(_recorded.ReadFloat32(name), _recorded.Entries[name].Shape);

        private Tensor Timesteps(int batch) => tensor(_recorded.ReadInt64("t"), _recorded.Entries["t"].Shape)[batch];
    }
}

file static class Comparison
{
    /// <summary>Loss and gradient norm within 1e-4 of the recorded float64 run.</summary>
    public static void ShouldFollow(this StepResult step, double loss, double gradientNorm)
    {
        step.Loss.ShouldBe(loss, tolerance: 1e-4 * loss);
        step.GradientNorm.ShouldBe(gradientNorm, tolerance: 1e-4 * gradientNorm);
    }
}
