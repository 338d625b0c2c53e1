using Ddpm.Imaging;
using Ddpm.Networks;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>Counts tensors, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(TrainingSessionTests), DisableParallelization = true)]
public sealed class CountsTensors;

[Collection(nameof(TrainingSessionTests))]
public sealed class TrainingSessionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("float32", 2000)]
    [InlineData("bf16", 100)]
    public void Step_ManyTimes_LowersTheLossAndLeavesNoTensorsBehind(string precision, int steps)
    {
        using var session = new TrainingSession(
            Recipe.Parse(TinyData.Recipe.Replace("\"steps\": 6", $"\"steps\": {steps + 50}, \"learning_rate_warmup_steps\": 5, \"precision\": \"{precision}\"")), Data());
        var early = Enumerable.Range(0, 20).Average(_ => session.Step().Loss);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;

        for (var i = 0; i < steps; i++)
            session.Step();

        // The collector may still take some of the past; only growth is a leak.
        Tensor.TotalCount.ShouldBeLessThanOrEqualTo(before);
        Enumerable.Range(0, 20).Average(_ => session.Step().Loss).ShouldBeLessThan(0.8 * early);
        session.StepsDone.ShouldBe(steps + 40);
    }

    /// <summary>Without chance in timesteps, noise and order there is one gradient: that of all sixteen images.</summary>
    [Fact]
    public void Step_TwoBatchesOfEight_IsOneBatchOfSixteen()
    {
        var (pixels, labels) = TinyData.Images();
        using var scope = NewDisposeScope();
        var images = tensor(pixels).to(float32).reshape(64, 1, 8, 8)[..16] / 127.5f - 1;
        using var generator = new Generator(4);
        var noise = randn(images.shape, generator: generator);
        var timesteps = randint(0, 100, [16], dtype: int64, generator: generator);
        var classes = tensor(labels).to(int64)[..16];

        var (whole, wholeWeights) = Train(1, [new NoisyBatch(images, noise, timesteps, classes, DropoutSeed: 0)]);
        var (halves, halvesWeights) = Train(2, [
            new NoisyBatch(images[..8], noise[..8], timesteps[..8], classes[..8], DropoutSeed: 0),
            new NoisyBatch(images[8..], noise[8..], timesteps[8..], classes[8..], DropoutSeed: 0),
        ]);

        halves.Loss.ShouldBe(whole.Loss, 1e-5);
        halves.GradientNorm.ShouldBe(whole.GradientNorm, 1e-4 * whole.GradientNorm);
        halves.Quartiles.First.Images.ShouldBe(whole.Quartiles.First.Images);
        wholeWeights.Zip(halvesWeights).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThan(1e-5f);

        static (StepResult, float[]) Train(int accumulation, NoisyBatch[] batches)
        {
            // Adam makes a step of the learning rate's size of any gradient: a small one keeps rounding from growing.
            var recipe = Recipe.Parse(TinyData.Recipe.Replace("\"learning_rate\": 0.002", $"\"learning_rate\": 0.000001, \"gradient_accumulation_steps\": {accumulation}"));
            using var network = new UNet2DModel(recipe.Network, seed: 1);
            using var averaged = new UNet2DModel(recipe.Network);
            using var optimisation = new Optimisation(recipe, network, averaged, NoiseSchedules.Of(recipe.Schedule));
            var result = optimisation.Step(batches);
            return (result, [.. network.parameters().SelectMany(parameter => parameter.data<float>().ToArray())]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(", \"precision\": \"bf16\", \"gradient_accumulation_steps\": 2")]
    [InlineData(", \"gradient_accumulation_steps\": 2, \"optimizer\": \"adamw\", \"weight_decay\": 0.1, \"loss_weighting\": \"min_snr\"")]
    public void Restore_InAnotherSession_EndsInTheSameBits(string settings)
    {
        var recipe = Recipe.Parse(TinyData.Recipe.Replace("\"data\": { ", "\"data\": { \"horizontal_flip\": true, ").Replace("\"steps\": 6", $"\"steps\": 20{settings}"));
        var path = Path.Combine(_folder.Path, "state.safetensors");
        using var undisturbed = new TrainingSession(recipe, Data());
        using (var first = new TrainingSession(recipe, Data()))
        {
            for (var i = 0; i < 12; i++)
            {
                undisturbed.Step();
                first.Step();
            }
            first.Save(path);
        }
        using var second = new TrainingSession(recipe, Data());

        second.Restore(path);

        second.StepsDone.ShouldBe(12);
        for (var i = 0; i < 8; i++)
            second.Step().ShouldBe(undisturbed.Step());
        foreach (var (expected, actual) in undisturbed.Averaged.parameters().Zip(second.Averaged.parameters()))
            actual.data<float>().ToArray().ShouldBe(expected.data<float>().ToArray());
    }

    [Fact]
    public async Task Restore_WithDropoutWhileOthersDraw_EndsInTheSameBits()
    {
        var recipe = Recipe.Parse(TinyData.Recipe.Replace("\"norm_num_groups\": 4", "\"norm_num_groups\": 4, \"dropout\": 0.2"));
        var path = Path.Combine(_folder.Path, "state.safetensors");
        using var undisturbed = new TrainingSession(recipe, Data());
        using var second = new TrainingSession(recipe, Data());
        var expected = Enumerable.Range(0, 12).Select(_ => undisturbed.Step()).ToList();
        using var enough = new CancellationTokenSource();
        var drawing = Task.Run(
            () =>
            {
                while (!enough.IsCancellationRequested)
                    rand(1000).Dispose();
            },
            TestContext.Current.CancellationToken);

        using (var first = new TrainingSession(recipe, Data()))
        {
            // The other thread may have disturbed the first weights: all that matters is taken from a step 0 of the second session.
            second.Save(path);
            first.Restore(path);
            for (var i = 0; i < 5; i++)
                first.Step().ShouldBe(expected[i]);
            first.Save(path);
        }
        second.Restore(path);
        for (var i = 5; i < 12; i++)
            second.Step().ShouldBe(expected[i]);

        await enough.CancelAsync();
        await drawing;
        foreach (var (weight, same) in undisturbed.Averaged.parameters().Zip(second.Averaged.parameters()))
            same.data<float>().ToArray().ShouldBe(weight.data<float>().ToArray());
    }

    [Fact]
    public void Step_WithDropout_DropsSomethingElseInEachBatch()
    {
        var recipe = Recipe.Parse(TinyData.Recipe.Replace("\"norm_num_groups\": 4", "\"norm_num_groups\": 4, \"dropout\": 0.2"));
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var images = randn([8, 1, 8, 8], generator: generator);
        var batch = new NoisyBatch(images, images, zeros(8, int64), zeros(8, int64), DropoutSeed: 1);

        Loss(batch).ShouldBe(Loss(batch));
        Loss(batch with { DropoutSeed = 2 }).ShouldNotBe(Loss(batch));

        double Loss(NoisyBatch only)
        {
            using var network = new UNet2DModel(recipe.Network, seed: 1);
            using var averaged = new UNet2DModel(recipe.Network);
            using var optimisation = new Optimisation(recipe, network, averaged, NoiseSchedules.Of(recipe.Schedule));
            return optimisation.Step([only]).Loss;
        }
    }

    [Fact]
    public void Draw_OnePass_GivesEachImageOnceInMinusOneToOne()
    {
        var pixels = Enumerable.Range(0, 10).SelectMany(i => new[] { (byte)(i * 20), (byte)255 }).ToArray();
        var data = new ImageDataSet(pixels, [.. Enumerable.Range(0, 10)], new ImageShape(1, 1, 2));
        using var generator = new Generator(1);
        var source = new BatchSource(data, [.. Enumerable.Range(0, data.Count)], 5, horizontalFlip: false, seed: 3);
        using var scope = NewDisposeScope();

        var (first, firstLabels) = source.Draw(4, generator);
        var (second, secondLabels) = source.Draw(5, generator);

        var labels = cat([firstLabels, secondLabels]).data<long>().ToArray();
        labels.Order().ShouldBe(Enumerable.Range(0, 10).Select(i => (long)i));
        labels.SequenceEqual(labels.Order()).ShouldBeFalse();
        var images = cat([first, second]).data<float>().ToArray();
        for (var row = 0; row < 10; row++)
        {
            images[2 * row].ShouldBe((float)(labels[row] * 20 / 127.5 - 1), 1e-6f);
            images[2 * row + 1].ShouldBe(1);
        }
    }

    [Fact]
    public void Draw_HorizontalFlip_MirrorsSomeImagesWhole()
    {
        var data = new ImageDataSet([.. Enumerable.Range(0, 64).SelectMany(_ => new byte[] { 0, 100, 255 })], new int[64], new ImageShape(1, 1, 3));
        using var generator = new Generator(2);
        using var scope = NewDisposeScope();

        var rows = new BatchSource(data, [.. Enumerable.Range(0, data.Count)], 64, horizontalFlip: true, seed: 3).Draw(0, generator).Images.data<float>().ToArray().Chunk(3).ToList();

        var mirrored = rows.Count(row => row[0] == 1);
        mirrored.ShouldBeInRange(16, 48);
        rows.ShouldAllBe(row => row[0] == -row[2] && Math.Abs(row[0]) == 1 && Math.Abs(row[1] - (100 / 127.5f - 1)) < 1e-6);
    }

    private static ImageDataSet Data()
    {
        var (pixels, labels) = TinyData.Images();
        return new ImageDataSet(pixels, [.. labels.Select(label => (int)label)], new ImageShape(1, 8, 8));
    }
}
