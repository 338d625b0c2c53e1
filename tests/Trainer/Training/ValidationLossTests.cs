using Ddpm.Imaging;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Runs;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

public sealed class ValidationLossTests
{
    [Theory]
    [InlineData(null, 64, 3)]
    [InlineData(null, 19, 0)]
    [InlineData(null, 60_000, 1000)]
    [InlineData(0, 64, 0)]
    [InlineData(10, 64, 10)]
    public void DataSplit_OfAnyRecipe_TakesEachImageOnce(int? apart, int images, int expected)
    {
        var split = DataSplit.Of(new DataSection { Source = "stripes", ValidationImages = apart }, images);

        split.Validation.Count.ShouldBe(expected);
        split.Training.Concat(split.Validation).Order().ShouldBe(Enumerable.Range(0, images));
        split.Training.ShouldBeInOrder();
    }

    [Fact]
    public void DataSplit_WithFewerKeptApart_KeepsSomeOfTheSame()
    {
        var few = DataSplit.Of(new DataSection { Source = "stripes", ValidationImages = 5 }, 64);
        var many = DataSplit.Of(new DataSection { Source = "stripes", ValidationImages = 20 }, 64);

        many.Validation.Take(5).ShouldBe(few.Validation);
    }

    /// <summary>Of a prediction that is off by δ everywhere: δ² for ε, δ²/ᾱ for v, δ²(1 − ᾱ)/ᾱ for x_0, times the weight.</summary>
    [Theory]
    [InlineData("epsilon", "simple")]
    [InlineData("v_prediction", "simple")]
    [InlineData("sample", "simple")]
    [InlineData("epsilon", "min_snr")]
    [InlineData("v_prediction", "min_snr")]
    public void Of_NoiseThatIsOffByAConstant_IsTheClosedForm(string prediction, string weighting)
    {
        const double delta = 0.01;
        var recipe = Parse($"\"prediction_type\": \"{prediction}\"", $"\"loss_weighting\": \"{weighting}\"", validationImages: 40);
        using var data = Data();
        using var validation = new ValidationLoss(recipe, data);
        var alphaBars = NoiseSchedules.Of(recipe.Schedule).AlphaBars;
        var steps = new List<int>();

        var losses = validation.Of(
            (noisy, timesteps, _) =>
            {
                steps.AddRange(timesteps.data<long>().ToArray().Select(t => (int)t));
                return TrueNoise(recipe, data, noisy, timesteps, steps.Count - (int)noisy.shape[0]) + delta;
            },
            CancellationToken.None);

        losses.Count.ShouldBe(40);
        foreach (var (image, t) in steps.Index())
        {
            var snr = alphaBars[t] / (1 - alphaBars[t]);
            var factor = prediction switch { "epsilon" => 1, "v_prediction" => 1 / alphaBars[t], _ => 1 / snr };
            var weight = (weighting, prediction) switch { ("min_snr", "epsilon") => Math.Min(snr, 5) / snr, ("min_snr", _) => Math.Min(snr, 5) / (snr + 1), _ => 1 };
            losses[image].ShouldBe(delta * delta * factor * weight, 0.02 * delta * delta * factor * weight + 1e-7);
        }
        // Each tenth of the schedule has about a tenth of the images.
        steps.GroupBy(t => t / 10).Select(group => group.Count()).ShouldAllBe(count => count >= 3 && count <= 5);
        steps.GroupBy(t => t / 10).Count().ShouldBe(10);
    }

    [Fact]
    public void MeanLoss_OfAFewNumbers_IsTheClosedForm()
    {
        MeanLoss.Of([1, 2, 3, 6]).Mean.ShouldBe(3);
        MeanLoss.Of([1, 2, 3, 6]).StandardError.ShouldBe(Math.Sqrt(14.0 / 3 / 4), 1e-12);
        MeanLoss.OfDifference([1, 2, 3], [0, 1, 2]).ShouldBe(new MeanLoss(1, 0));
    }

    /// <summary>ε = (x_t − √ᾱ x_0) / √(1 − ᾱ), with the x_0 of each image kept apart.</summary>
    private static Tensor TrueNoise(Recipe recipe, ImageDataSet data, Tensor noisy, Tensor timesteps, int first)
    {
        var places = DataSplit.Of(recipe.Data, data.Count).Validation;
        var alphaBars = NoiseSchedules.Of(recipe.Schedule).AlphaBars;
        var rows = new List<Tensor>();
        for (var row = 0; row < noisy.shape[0]; row++)
        {
            var pixels = new byte[64];
            data.CopyImage(places[first + row], pixels);
            var alphaBar = alphaBars[(int)timesteps[row].item<long>()];
            rows.Add((noisy[row].to(float64) - (Math.Sqrt(alphaBar) * (tensor(pixels, [1, 8, 8]).to(float64) / 127.5 - 1))) / Math.Sqrt(1 - alphaBar));
        }
        return stack(rows);
    }

    private static Recipe Parse(string schedule, string training, int validationImages) => Recipe.Parse(TinyData.Recipe
        .Replace("\"beta_schedule\"", $"{schedule}, \"beta_schedule\"")
        .Replace("\"seed\": 3", $"\"seed\": 3, {training}")
        .Replace("\"source\": \"stripes\"", $"\"source\": \"stripes\", \"validation_images\": {validationImages}"));

    private static ImageDataSet Data()
    {
        var (pixels, labels) = TinyData.Images();
        return new ImageDataSet(pixels, [.. labels.Select(label => (int)label)], new ImageShape(1, 8, 8));
    }
}
