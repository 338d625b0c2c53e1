using Ddpm.Networks;
using Ddpm.Trainer.Recipes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

public sealed class DenoisingLossTests
{
    private static readonly double[] AlphaBars = [0.99, 0.7, 0.2, 0.01];

    [Fact]
    public void Of_ScoreMatching_HasTheValueAndTheGradientOfSimple()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var (images, noise) = (randn(8, 1, 3, 3, generator: generator), randn(8, 1, 3, 3, generator: generator));
        var timesteps = tensor(new long[] { 0, 1, 2, 3, 3, 2, 1, 0 });
        var prediction = randn(8, 1, 3, 3, generator: generator);

        var (simple, simpleGradient) = Evaluate("simple");
        var (matching, matchingGradient) = Evaluate("score_matching");

        for (var i = 0; i < simple.Length; i++)
            matching[i].ShouldBe(simple[i], 1e-5 * simple[i]);
        for (var i = 0; i < simpleGradient.Length; i++)
            matchingGradient[i].ShouldBe(simpleGradient[i], 1e-5);

        (float[], float[]) Evaluate(string weighting)
        {
            using var loss = Loss(weighting, "epsilon");
            var predicted = prediction.detach().clone().requires_grad_();
            var losses = loss.Of(predicted, images, noise, timesteps);
            losses.sum().backward();
            return (losses.data<float>().ToArray(), predicted.grad!.data<float>().ToArray());
        }
    }

    /// <summary>SNR = ᾱ / (1 − ᾱ); the three predictions of one x̂_0 have squared errors of ratio 1 : SNR : SNR + 1, so that min-SNR makes them one loss.</summary>
    [Fact]
    public void Of_MinSnr_IsTheSameLossHoweverTheImageIsPredicted()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(6);
        var (images, noise) = (randn(4, 1, 2, 2, generator: generator), randn(4, 1, 2, 2, generator: generator));
        var timesteps = arange(4, int64);
        var denoised = images + (0.1 * randn(4, 1, 2, 2, generator: generator));
        var alphaBar = tensor(AlphaBars).to(float32).reshape(-1, 1, 1, 1);
        var noisy = (alphaBar.sqrt() * images) + ((1 - alphaBar).sqrt() * noise);
        var predictedNoise = (noisy - (alphaBar.sqrt() * denoised)) / (1 - alphaBar).sqrt();
        var velocity = (alphaBar.sqrt() * predictedNoise) - ((1 - alphaBar).sqrt() * denoised);

        using var ofImage = Loss("min_snr", "sample");
        using var ofNoise = Loss("min_snr", "epsilon");
        using var ofVelocity = Loss("min_snr", "v_prediction");
        var expected = ofImage.Of(denoised, images, noise, timesteps).data<float>().ToArray();

        for (var i = 0; i < 4; i++)
        {
            var square = (denoised - images)[i].square().mean().item<float>();
            expected[i].ShouldBe((float)Math.Min(AlphaBars[i] / (1 - AlphaBars[i]), 5) * square, 1e-4f * square * 5);
            ofNoise.Of(predictedNoise, images, noise, timesteps)[i].item<float>().ShouldBe(expected[i], 1e-3f * expected[i]);
            ofVelocity.Of(velocity, images, noise, timesteps)[i].item<float>().ShouldBe(expected[i], 1e-3f * expected[i]);
        }
    }

    [Fact]
    public void Disturb_AtATimestep_IsTheForwardProcess()
    {
        using var scope = NewDisposeScope();
        using var loss = Loss("simple", "epsilon");

        var noisy = loss.Disturb(full([1, 1, 1, 1], 2f), full([1, 1, 1, 1], -1f), tensor(new long[] { 2 })).item<float>();

        noisy.ShouldBe((float)((Math.Sqrt(0.2) * 2) - Math.Sqrt(0.8)), 1e-6f);
    }

    [Fact]
    public void Quartiles_OfTimesteps_SumTheLossesOfTheirQuarter() =>
        QuartileLosses.Of([1, 2, 3, 4, 5], [0, 24, 25, 50, 99], 100)
            .ShouldBe(new QuartileLosses(new(3, 2), new(3, 1), new(4, 1), new(5, 1)));

    private static DenoisingLoss Loss(string weighting, string predictionType) => new(
        new Recipe
        {
            Model = new ModelSection { Name = "tiny" },
            Data = new DataSection { Source = "none" },
            Schedule = new SchedulerConfig { PredictionType = predictionType },
            Training = new TrainingSection { Steps = 1, LossWeighting = weighting },
        },
        AlphaBars);
}
