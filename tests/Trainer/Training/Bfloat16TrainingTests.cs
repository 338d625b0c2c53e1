using Ddpm.Imaging;
using Ddpm.Networks;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

public sealed class Bfloat16TrainingTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Step_InBfloat16_FollowsFloat32()
    {
        using var exact = Session("float32");
        using var rounded = Session("bf16");

        var differences = Enumerable.Range(0, 30).Select(_ =>
        {
            var (expected, actual) = (exact.Step(), rounded.Step());
            actual.Loss.ShouldBe(expected.Loss, tolerance: 0.03 * expected.Loss);
            actual.GradientNorm.ShouldBe(expected.GradientNorm, tolerance: 0.15 * expected.GradientNorm);
            return Math.Abs(actual.Loss - expected.Loss);
        }).ToList();

        differences.Max().ShouldBeGreaterThan(0, "otherwise nothing was rounded");
        rounded.Averaged.parameters().ShouldAllBe(parameter => parameter.dtype == float32);
    }

    /// <summary>
    /// Adam's first step moves every weight by the learning rate against the sign of its gradient, η g / (|g| + 10⁻⁸) (Kingma and Ba 2015, algorithm 1).
    /// Ten millionths are far less than what bf16 tells apart at the weights looked at: from 1/16 on its numbers are 2⁻¹¹ apart or more.
    /// </summary>
    [Fact]
    public void Step_BelowWhatBfloat16Resolves_MovesTheMasterWeights()
    {
        const double rate = 1e-5;
        var recipe = Recipe.Parse(TinyData.Recipe.Replace("\"learning_rate\": 0.002", "\"learning_rate\": 0.00001, \"precision\": \"bf16\", \"gradient_clip_norm\": null"));
        using var network = new UNet2DModel(recipe.Network, seed: 1);
        using var averaged = new UNet2DModel(recipe.Network);
        using var optimisation = new Optimisation(recipe, network, averaged, NoiseSchedules.Of(recipe.Schedule));
        var before = Weights(network);

        optimisation.Step([Batch(16)]);

        var moved = 0;
        foreach (var ((name, weight), (_, parameter)) in before.Zip(network.named_parameters().Select(pair => (pair.name, pair.parameter))))
        {
            parameter.dtype.ShouldBe(float32, name);
            var (after, gradient) = (parameter.data<float>().ToArray(), parameter.grad!.data<float>().ToArray());
            for (var i = 0; i < weight.Length; i++)
            {
                if (Math.Abs(gradient[i]) < 1e-5 || Math.Abs(weight[i]) < 1.0 / 16)
                    continue;
                moved++;
                ((double)after[i] - weight[i]).ShouldBe(-rate * Math.Sign(gradient[i]), tolerance: 0.02 * rate, $"{name}[{i}]");
            }
        }
        moved.ShouldBeGreaterThan(1000);
    }

    /// <summary>
    /// A second gradient of a thousandth of the first is lost in a sum of bf16, whose last bit is worth 2⁻⁸ of it; the masters' sum has it.
    /// </summary>
    [Fact]
    public void GiveGradient_OfASmallOneAfterALargeOne_AddsInFloat32()
    {
        using var masters = new UNet2DModel(Recipe.Parse(TinyData.Recipe).Network, seed: 1);
        using var copy = new Bfloat16Copy(masters);
        copy.TakeWeights();

        foreach (var scale in new[] { 1f, 1f / 1024 })
        {
            foreach (var parameter in copy.Network.parameters())
                (parameter.sum() * scale).backward();
            copy.GiveGradient();
        }

        masters.parameters().ShouldAllBe(parameter => parameter.grad!.dtype == float32 && parameter.grad!.eq(1 + (1f / 1024)).all().item<bool>());
    }

    [Fact]
    public void Step_OnCuda_FollowsTheCpu()
    {
        Assert.SkipUnless(cuda_is_available(), "there is no CUDA device, or this build's libtorch knows none");
        foreach (var precision in new[] { "float32", "bf16" })
        {
            using var expected = Session("float32");
            using var actual = Session(precision, CUDA);

            for (var i = 0; i < 10; i++)
                actual.Step().Loss.ShouldBe(expected.Step().Loss, tolerance: 0.03);
        }
    }

    private static TrainingSession Session(string precision, Device? device = null)
    {
        var (pixels, labels) = TinyData.Images();
        var recipe = TinyData.LearnedRangeRecipe
            .Replace("\"steps\": 6", $"\"steps\": 100, \"precision\": \"{precision}\"")
            .Replace("\"norm_num_groups\": 4", "\"norm_num_groups\": 4, \"dropout\": 0.1");
        return new TrainingSession(Recipe.Parse(recipe), new ImageDataSet(pixels, [.. labels.Select(label => (int)label)], new ImageShape(1, 8, 8)), device: device);
    }

    private static NoisyBatch Batch(int count)
    {
        var (pixels, labels) = TinyData.Images();
        using var generator = new Generator(4);
        var images = tensor(pixels).to(float32).reshape(64, 1, 8, 8)[..count] / 127.5f - 1;
        return new NoisyBatch(
            images, randn(images.shape, generator: generator), randint(0, 100, [count], dtype: int64, generator: generator), tensor(labels).to(int64)[..count], DropoutSeed: 0);
    }

    private static List<(string Name, float[] Values)> Weights(UNet2DModel network) =>
        [.. network.named_parameters().Select(pair => (pair.name, pair.parameter.data<float>().ToArray()))];
}
