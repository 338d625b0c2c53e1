using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Alone: the memory is the whole process's, and so is Torch's generator, which training seeds.</summary>
[CollectionDefinition(nameof(FashionClassifierTests), DisableParallelization = true)]
[Collection(nameof(FashionClassifierTests))]
public sealed class FashionClassifierTests : IDisposable
{
    private static readonly string Shipped = Path.Combine(AppContext.BaseDirectory, "Evaluation/classifier/fashion-mnist-classifier.safetensors");

    private readonly TemporaryFolder _folder = new();
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Classify_TestImages_IsRightMoreThanNineTimesOfTen()
    {
        var (images, labels) = FashionMnist.Test;
        using var classifier = FashionClassifier.Load();

        var (features, probabilities) = classifier.Classify(images[..2000]);

        (probabilities.argmax(1) == labels[..2000]).to(float64).mean().item<double>().ShouldBeGreaterThanOrEqualTo(0.91);
        features.shape.ShouldBe([2000, 128]);
        (probabilities.sum(1) - 1).abs().max().item<float>().ShouldBeLessThan(1e-5f);
        FeatureStatistics.Of(features).Covariance.isfinite().all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Classify_MoreThanABatch_AnswersEachImageAsAlone()
    {
        using var generator = new Generator(1);
        var images = randint(0, 256, [260, 1, 28, 28], dtype: uint8, generator: generator);
        using var classifier = FashionClassifier.Load();

        var (features, probabilities) = classifier.Classify(images);
        var (aloneFeatures, aloneProbabilities) = classifier.Classify(images[255..256]);

        (features[255..256] - aloneFeatures).abs().max().item<float>().ShouldBeLessThan(1e-4f);
        (probabilities[255..256] - aloneProbabilities).abs().max().item<float>().ShouldBeLessThan(1e-4f);
    }

    /// <summary>Twenty batches whose layers' outputs would take nearly two gigabytes.</summary>
    [Fact]
    public void Classify_ManyBatches_KeepsNoLayersOutputs()
    {
        var images = zeros([5000, 1, 28, 28], uint8);
        using var classifier = FashionClassifier.Load();
        classifier.Classify(images[..1]);
        var before = Environment.WorkingSet;

        classifier.Classify(images);

        (Environment.WorkingSet - before).ShouldBeLessThan(1_000_000_000);
    }

    [Fact]
    public void Load_OtherWeightsUnderTheName_NamesBothHashes()
    {
        var path = Path.Combine(_folder.Path, "weights.safetensors");
        var bytes = File.ReadAllBytes(Shipped);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);

        var error = Should.Throw<InvalidDataException>(() => FashionClassifier.Load(path));

        error.Message.ShouldContain(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        error.Message.ShouldContain(FashionClassifier.Sha256);
    }

    [Fact]
    public void Load_NoSuchFile_SaysWhich() =>
        Should.Throw<FileNotFoundException>(() => FashionClassifier.Load("nowhere.safetensors")).Message.ShouldContain("nowhere.safetensors");

    [Fact]
    public void Classify_OtherShapesOrTypes_AreRefused()
    {
        using var classifier = FashionClassifier.Load();

        Should.Throw<ArgumentException>(() => classifier.Classify(zeros([2, 3, 28, 28], uint8))).Message.ShouldContain("[2, 3, 28, 28]");
        Should.Throw<ArgumentException>(() => classifier.Classify(zeros([2, 1, 28, 28], float32))).Message.ShouldContain("uint8");
        Should.Throw<ArgumentException>(() => classifier.Classify(zeros([0, 1, 28, 28], uint8)));
    }

    [Fact]
    public void Run_BarsUprightAndLying_LearnsThemToTheSameBytesEachTime()
    {
        var recipe = new FashionClassifierRecipe { Epochs = 4, BatchSize = 16, LearningRate = 0.002, Shift = 2, Dropout = 0.1, Seed = 1 };
        var images = zeros([128, 1, 28, 28], uint8);
        var labels = arange(128, dtype: int64) % 2;
        for (var i = 0; i < 128; i++)
            images[i, 0].narrow(i % 2, 4 + i % 19, 4).fill_(255);
        var (once, again) = (Path.Combine(_folder.Path, "once"), Path.Combine(_folder.Path, "again"));

        FashionClassifierTraining.Run(recipe, images, labels, once);
        FashionClassifierTraining.Run(recipe, images, labels, again);

        File.ReadAllBytes(again).AsSpan().SequenceEqual(File.ReadAllBytes(once)).ShouldBeTrue();
        using var classifier = FashionClassifier.Load(once, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(once))));
        (classifier.Classify(images).Probabilities.argmax(1) == labels).all().item<bool>().ShouldBeTrue();
    }
}
