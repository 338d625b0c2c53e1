using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class InceptionFeaturesTests : IDisposable
{
    private const int Pixels = InceptionFeatures.InputSize * InceptionFeatures.InputSize;

    private readonly TemporaryFolder _folder = new();
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    private string File => Path.Combine(_folder.Path, "features.pt");

    /// <summary>A network that adds up each channel: white is 1, black −1, byte b is b/127.5 − 1, at 299×299 pixels.</summary>
    [Fact]
    public void Extract_ColouredImages_AreResizedAndScaled()
    {
        TorchScriptFile.Write(File, "torch.sum(x, [2, 3])");
        using var inception = InceptionFeatures.Load(File);
        var images = zeros([33, 3, 32, 20], uint8);
        images[32, 0].fill_(255);
        images[32, 1].fill_(51);

        var features = inception.Extract(images);

        inception.Dimensions.ShouldBe(3);
        features.shape.ShouldBe([33, 3]);
        features[31].data<float>().ToArray().ShouldAllBe(sum => Math.Abs(sum + Pixels) < 1);
        var coloured = features[32].data<float>().ToArray();
        coloured[0].ShouldBe(Pixels, tolerance: 1);
        coloured[1].ShouldBe(-0.6f * Pixels, tolerance: 1);
        coloured[2].ShouldBe(-Pixels, tolerance: 1);
    }

    /// <summary>Two pixels, black and white, become a ramp: the column x lies at (x + ½)·2/299 − ½ between them.</summary>
    [Fact]
    public void Extract_GreyImages_AreRepeatedAndInterpolated()
    {
        TorchScriptFile.Write(File, "torch.flatten(torch.slice(torch.select(x, 2, 0), 2, 100, 102), 1)");
        using var inception = InceptionFeatures.Load(File);

        var features = inception.Extract(tensor(new byte[] { 0, 255 }).reshape(1, 1, 1, 2)).data<float>().ToArray();

        static float At(int column) => (float)(2 * ((column + 0.5) * 2 / 299 - 0.5) - 1);
        features.Length.ShouldBe(6);
        for (var channel = 0; channel < 3; channel++)
        {
            features[2 * channel].ShouldBe(At(100), tolerance: 1e-5);
            features[2 * channel + 1].ShouldBe(At(101), tolerance: 1e-5);
        }
    }

    [Fact]
    public void Load_OtherWeights_HasAnotherName()
    {
        var other = Path.Combine(_folder.Path, "other.pt");
        TorchScriptFile.Write(File, "torch.sum(x, [2, 3])");
        TorchScriptFile.Write(other, "torch.mean(x, [2, 3])");
        using var first = InceptionFeatures.Load(File);
        using var second = InceptionFeatures.Load(other);

        first.Name.ShouldStartWith("torchscript-");
        second.Name.ShouldNotBe(first.Name);
    }

    [Fact]
    public void Load_AnswersThatAreNoFeatures_AreRefused()
    {
        TorchScriptFile.Write(File, "torch.sum(x, [2, 3], True)");

        Should.Throw<InvalidDataException>(() => InceptionFeatures.Load(File)).Message.ShouldContain("must answer features [1, d], answers [1, 3, 1, 1]");
    }

    [Fact]
    public void Load_ANetworkThatFails_SaysSo()
    {
        TorchScriptFile.Write(File, "torch.reshape(x, [7, 7])");

        Should.Throw<InvalidDataException>(() => InceptionFeatures.Load(File)).Message.ShouldContain("fails on images [1, 3, 299, 299]");
    }

    [Fact]
    public void Load_NoSuchFile_SaysWhatIsNeeded() =>
        Should.Throw<FileNotFoundException>(() => InceptionFeatures.Load("nowhere.pt")).Message.ShouldContain("nowhere.pt: the feature network is not there");

    [Fact]
    public void Load_AnotherKindOfFile_SaysSo()
    {
        System.IO.File.WriteAllText(File, "This is no network.");

        Should.Throw<InvalidDataException>(() => InceptionFeatures.Load(File)).Message.ShouldContain("is not a TorchScript file");
    }

    [Fact]
    public void Extract_OtherShapesOrTypes_AreRefused()
    {
        TorchScriptFile.Write(File, "torch.sum(x, [2, 3])");
        using var inception = InceptionFeatures.Load(File);

        Should.Throw<ArgumentException>(() => inception.Extract(zeros([2, 4, 8, 8], uint8))).Message.ShouldContain("[2, 4, 8, 8]");
        Should.Throw<ArgumentException>(() => inception.Extract(zeros([2, 3, 8, 8]))).Message.ShouldContain("uint8");
    }
}
