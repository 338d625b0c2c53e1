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

    /// <summary>L_simple + 0.001 T L_t in bits per dimension, pixel by pixel in plain arithmetic, with the decoder's probability by Simpson's rule.</summary>
    [Fact]
    public void Of_LearnedRange_IsTheHybridLoss()
    {
        using var scope = NewDisposeScope();
        using var loss = Loss("simple", "epsilon", SchedulerConfig.LearnedRange);
        var (images, noise, timesteps, prediction) = LearnedBatch();

        var losses = loss.Of(prediction, images, noise, timesteps).data<float>().ToArray();

        var (x0, epsilon, answer) = (Rows(images, 4), Rows(noise, 4), Rows(prediction, 8));
        foreach (var (row, t) in timesteps.data<long>().ToArray().Index())
        {
            var simple = Enumerable.Range(0, 4).Average(i => Math.Pow(answer[row][i] - epsilon[row][i], 2));
            var bound = Enumerable.Range(0, 4).Average(i => Term((int)t, x0[row][i], epsilon[row][i], answer[row][i], answer[row][i + 4]));
            losses[row].ShouldBe((float)(simple + (0.001 * AlphaBars.Length * bound / Math.Log(2))), 1e-4f * losses[row]);
        }
    }

    [Fact]
    public void Of_LearnedRange_MovesTheMeanAsTheSimpleLossAloneDoes()
    {
        using var scope = NewDisposeScope();
        using var hybrid = Loss("min_snr", "epsilon", SchedulerConfig.LearnedRange);
        using var simple = Loss("min_snr", "epsilon");
        var (images, noise, timesteps, prediction) = LearnedBatch();
        var answer = prediction.clone().requires_grad_();
        var mean = prediction[.., ..1].clone().requires_grad_();

        hybrid.Of(answer, images, noise, timesteps).sum().backward();
        simple.Of(mean, images, noise, timesteps).sum().backward();

        answer.grad![.., ..1].data<float>().ToArray().ShouldBe(mean.grad!.data<float>().ToArray());
    }

    /// <summary>A central difference of the hand-written bound.</summary>
    [Fact]
    public void Of_LearnedRange_MovesTheVarianceAsTheBoundDoes()
    {
        using var scope = NewDisposeScope();
        using var loss = Loss("simple", "epsilon", SchedulerConfig.LearnedRange);
        var (images, noise, timesteps, prediction) = LearnedBatch();
        var answer = prediction.clone().requires_grad_();

        loss.Of(answer, images, noise, timesteps).sum().backward();

        var (x0, epsilon, values, gradient) = (Rows(images, 4), Rows(noise, 4), Rows(prediction, 8), Rows(answer.grad!, 8));
        foreach (var (row, t) in timesteps.data<long>().ToArray().Index())
        {
            for (var i = 0; i < 4; i++)
            {
                double At(double v) => Term((int)t, x0[row][i], epsilon[row][i], values[row][i], v) / 4;
                var slope = (At(values[row][i + 4] + 1e-4) - At(values[row][i + 4] - 1e-4)) / 2e-4;
                var expected = 0.001 * AlphaBars.Length * slope / Math.Log(2);
                gradient[row][i + 4].ShouldBe(expected, Math.Max(1e-3 * Math.Abs(expected), 1e-9));
            }
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

    /// <summary>Bytes as x_0, noise, an answer of both halves near the truth, and every timestep with and without noise to spare.</summary>
    private static (Tensor Images, Tensor Noise, Tensor Timesteps, Tensor Prediction) LearnedBatch()
    {
        using var generator = new Generator(7);
        var images = randint(0, 256, [8, 1, 2, 2], generator: generator).to(float32) / 127.5f - 1;
        images[0, 0, 0, 0] = -1f;
        images[1, 0, 0, 0] = 1f;
        var noise = randn([8, 1, 2, 2], generator: generator);
        var predicted = noise + (0.2 * randn([8, 1, 2, 2], generator: generator));
        return (images, noise, tensor(new long[] { 0, 0, 1, 2, 3, 3, 2, 1 }), cat([predicted, rand([8, 1, 2, 2], generator: generator) * 2.4f - 1.2f], 1));
    }

    private static double[][] Rows(Tensor values, int size) => [.. values.detach().to(float64).data<double>().ToArray().Chunk(size)];

    /// <summary>L_t of one pixel in nats: the divergence from N(μ̃, β̃_t), and for t = 0 −ln of the byte's probability.</summary>
    private static double Term(int t, double x0, double noise, double predictedNoise, double output)
    {
        double AlphaBar(int s) => s < 0 ? 1 : AlphaBars[s];
        double Beta(int s) => 1 - (AlphaBar(s) / AlphaBar(s - 1));
        double Posterior(int s) => (1 - AlphaBar(s - 1)) / (1 - AlphaBar(s)) * Beta(s);
        var v = (output + 1) / 2;
        var variance = Math.Exp((v * Math.Log(Beta(t))) + ((1 - v) * Math.Log(Posterior(Math.Max(t, 1)))));
        var noisy = (Math.Sqrt(AlphaBar(t)) * x0) + (Math.Sqrt(1 - AlphaBar(t)) * noise);
        var denoised = (noisy - (Math.Sqrt(1 - AlphaBar(t)) * predictedNoise)) / Math.Sqrt(AlphaBar(t));
        if (t > 0)
        {
            var difference = Math.Sqrt(AlphaBar(t - 1)) * Beta(t) / (1 - AlphaBar(t)) * (denoised - x0);
            return 0.5 * (Math.Log(variance / Posterior(t)) + ((Posterior(t) + (difference * difference)) / variance) - 1);
        }
        var (low, high) = (x0 < -0.999 ? denoised - 10 : x0 - (1 / 255.0), x0 > 0.999 ? denoised + 10 : x0 + (1 / 255.0));
        double Density(double x) => Math.Exp(-Math.Pow(x - denoised, 2) / (2 * variance)) / Math.Sqrt(2 * Math.PI * variance);
        var probability = Enumerable.Range(0, 20001).Sum(i => (i is 0 or 20000 ? 1 : i % 2 == 1 ? 4 : 2) * Density(low + ((high - low) * i / 20000.0))) * (high - low) / 60000;
        return -Math.Log(probability);
    }

    private static DenoisingLoss Loss(string weighting, string predictionType, string varianceType = "fixed_small") => new(
        new Recipe
        {
            Model = new ModelSection { Name = "tiny" },
            Data = new DataSection { Source = "none" },
            Schedule = new SchedulerConfig { PredictionType = predictionType, VarianceType = varianceType },
            Training = new TrainingSection { Steps = 1, LossWeighting = weighting },
        },
        AlphaBars);
}
