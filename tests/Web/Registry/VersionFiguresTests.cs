using Ddpm.V1;
using Ddpm.Web.Registry;

namespace Ddpm.Web.Tests.Registry;

public class VersionFiguresTests
{
    [Fact]
    public void Of_TrainedAndMeasured_SaysEachFigureWithItsError()
    {
        var version = new ModelVersion
        {
            Training = new TrainingRecord { DataSet = "shapes", Steps = 7500, Loss = 0.03671, ValidationLoss = 0.03742, ValidationLossError = 0.00031, ValidationImages = 512 },
            Measurements =
            {
                new Measurement { DataSet = "shapes", Bound = new BoundMeasurement { BitsPerDimension = 3.2149, StandardError = 0.02, Count = 100 } },
                new Measurement
                {
                    DataSet = "shapes",
                    Samples = new SampleMeasurement { Sampler = "ddim", Steps = 50, Count = 1000, Features = "fashion-mnist-classifier 0a1b", FrechetDistance = 12.34, ClassAccuracy = 0.931, GuidanceScale = 1 },
                },
            },
        };

        var figures = VersionFigures.Of(version).ToDictionary(figure => figure.Name, figure => figure.Value);

        figures["Training loss"].ShouldBe("0.0367");
        figures["Loss on images kept apart"].ShouldBe("0.03742 ± 0.00031");
        figures["FMD"].ShouldBe("12.34");
        figures["Class accuracy"].ShouldBe("93.1 %");
        figures["Bits per dimension"].ShouldBe("3.215 ± 0.020");
    }

    [Fact]
    public void Of_FeaturesOfInception_IsFid() =>
        VersionFigures.Of(new ModelVersion { Measurements = { new Measurement { Samples = new SampleMeasurement { Features = "inception 0a1b", FrechetDistance = 7 } } } })
            .ShouldContain(figure => figure.Name == "FID" && figure.Value == "7.0");

    [Fact]
    public void Of_NothingKnown_IsNothing() => VersionFigures.Of(new ModelVersion()).ShouldBeEmpty();
}
