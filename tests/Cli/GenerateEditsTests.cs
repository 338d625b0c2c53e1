using Ddpm.Cli.Tests.Fakes;
using Ddpm.Protocol;
using Ddpm.V1;
using SkiaSharp;

namespace Ddpm.Cli.Tests;

/// <summary><c>ddpm generate</c> from pictures and between seeds.</summary>
public sealed class GenerateEditsTests
{
    [Fact]
    public async Task Generate_FromAnImage_SendsItInTheShapeOfTheModel()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        Write(ddpm.PathOf("p.png"), 64, 48, (x, _) => x < 32 ? SKColors.Black : SKColors.White);

        var spec = await SubmittedAsync(ddpm, "--from-image", ddpm.PathOf("p.png"));

        spec.NoisedImage.Strength.ShouldBe(0.6);
        spec.NoisedImage.Image.Pixels.Shape.ShouldBe([1, 32, 32]);
        var pixels = TensorCodec.Decode(spec.NoisedImage.Image.Pixels);
        (pixels[0], pixels[31]).ShouldBe((-1f, 1f));
    }

    [Fact]
    public async Task Generate_FromImagesOfJobs_NamesThem()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var spec = await SubmittedAsync(ddpm, "--encode", $"job:{FakeOrchestrator.JobId}/2", "--encode-to", $"job:{FakeOrchestrator.JobId}/3", "--encode-steps", "80");

        spec.EncodedImages.Image.JobImage.ShouldBe(new JobImage { JobId = FakeOrchestrator.JobId, Trajectory = 2 });
        spec.EncodedImages.Other.JobImage.Trajectory.ShouldBe(3);
        spec.EncodedImages.Steps.ShouldBe(80);
    }

    [Fact]
    public async Task Generate_BetweenSeedsGuidedInPart_SendsBoth()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var spec = await SubmittedAsync(ddpm, "--to-seed", "9", "--guidance", "3", "--class", "bag", "--guidance-interval", "200..800.5");

        spec.BetweenSeeds.OtherSeed.ShouldBe(9UL);
        spec.GuidanceInterval.ShouldBe(new GuidanceInterval { LowestTimestep = 200, HighestTimestep = 800.5 });
    }

    [Fact]
    public async Task Generate_Inpainting_KeepsWhatIsOpaqueOrDarkInTheMask()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        Write(ddpm.PathOf("p.png"), 32, 32, (x, _) => x < 16 ? SKColors.Transparent : SKColors.Red);
        Write(ddpm.PathOf("m.png"), 32, 32, (_, y) => y < 16 ? SKColors.White : SKColors.Black);

        var byOpacity = (await SubmittedAsync(ddpm, "--inpaint", ddpm.PathOf("p.png"))).Inpainting;
        var byMask = (await SubmittedAsync(ddpm, "--inpaint", ddpm.PathOf("p.png"), "--mask", ddpm.PathOf("m.png"), "--resample", "3")).Inpainting;

        (byOpacity.Resamplings, byMask.Resamplings).ShouldBe((10, 3));
        byOpacity.Mask.Pixels.Shape.ShouldBe([32, 32]);
        TensorCodec.Decode(byOpacity.Mask.Pixels).Take(32).ShouldBe([.. Enumerable.Repeat(0f, 16), .. Enumerable.Repeat(1f, 16)]);
        TensorCodec.Decode(byMask.Mask.Pixels).ShouldBe([.. Enumerable.Repeat(0f, 512), .. Enumerable.Repeat(1f, 512)]);
    }

    [Theory]
    [InlineData("--strength needs --from-image.", "--strength", "0.5")]
    [InlineData("--mask needs --inpaint.", "--mask", "m.png")]
    [InlineData("--encode-to needs --encode.", "--encode-to", "job:a/1")]
    [InlineData("--from-image and --to-seed both say where to begin; give one of them.", "--from-image", "job:a/1", "--to-seed", "2")]
    [InlineData("--from-image is 'job:a' but must be a file, or job:ID/K for image K of a job.", "--from-image", "job:a")]
    [InlineData("there.png'", "--from-image", "not-there.png")]
    [InlineData("give --mask", "--inpaint", "job:a/1")]
    [InlineData("--guidance-interval is '200-800' but must be LOW..HIGH", "--guidance-interval", "200-800")]
    public async Task Generate_EditsThatDoNotGo_SubmitNothingAndSayTheRule(string message, params string[] arguments)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync(["generate", "--steps", "1", "--out", ddpm.PathOf("A"), .. arguments]);

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain(message);
        ddpm.Server.Orchestrator.Submitted.ShouldBeEmpty();
    }

    private static async Task<JobSpec> SubmittedAsync(CommandLineHarness ddpm, params string[] arguments)
    {
        var outcome = await ddpm.RunAsync(["generate", "--steps", "1", "--count", "1", "--out", ddpm.PathOf(Guid.NewGuid().ToString("N")), .. arguments]);
        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        return ddpm.Server.Orchestrator.Submitted[^1].Spec;
    }

    private static void Write(string path, int width, int height, Func<int, int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, colour(x, y));
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }
}
