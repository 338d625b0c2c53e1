using Ddpm.Safetensors;
using TorchSharp;

namespace Ddpm.Cli.Tests;

/// <summary>Against ε that diffusers recorded (tests/Networks/goldens/README.md).</summary>
public sealed class PredictCommandTests
{
    private const double Tolerance = 1e-5;

    // libtorch's threads spin when other tests keep the cores busy.
    static PredictCommandTests() => torch.set_num_threads(1);

    [Theory]
    [InlineData("unet_tiny", "unet_tiny")]
    [InlineData("unet_tiny_gray", "unet_tiny_gray")]
    [InlineData("unet_tiny_gray_oldnames", "unet_tiny_gray")]
    public async Task Predict_OfAPublicCheckpoint_MatchesTheRecordedNoise(string checkpoint, string recorded)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunWithoutServerAsync(
            "predict", "--checkpoint", Golden(checkpoint), "--input", Golden(recorded, "io.safetensors"), "--output", ddpm.PathOf("out.safetensors"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        LargestDifference(ddpm.PathOf("out.safetensors"), Golden(recorded, "io.safetensors")).ShouldBeLessThan(Tolerance);
    }

    [Fact]
    public async Task Predict_OfACheckpointWithOldAttentionNames_MatchesTheRecordedNoise()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        RenameToOldNames(Golden("unet_tiny"), ddpm.PathOf("old"));

        var outcome = await ddpm.RunWithoutServerAsync(
            "predict", "--checkpoint", ddpm.PathOf("old"), "--input", Golden("unet_tiny", "io.safetensors"), "--output", ddpm.PathOf("out.safetensors"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        LargestDifference(ddpm.PathOf("out.safetensors"), Golden("unet_tiny", "io.safetensors")).ShouldBeLessThan(Tolerance);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 32 }, 2, "tensor 'x' must be [n, C, H, W] with every extent at least 1, is [2, 3, 32].")]
    [InlineData(new long[] { 2, 3, 4, 4 }, 3, "tensor 't' must be [2], one value an image of 'x', is [3].")]
    [InlineData(new long[] { 2, 1, 32, 32 }, 2, "x must have 3 channels")]
    [InlineData(new long[] { 1, 3, 64, 64 }, 1, "x must be 32×32, or smaller")]
    public async Task Predict_OfInputThatDoesNotFit_SaysTheRuleAndWritesNothing(long[] shape, int timesteps, string message)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        new SafetensorsWriter()
            .Add("x", new float[shape.Aggregate((a, b) => a * b)], shape)
            .Add("t", new long[timesteps], [timesteps])
            .Write(ddpm.PathOf("in.safetensors"));

        var outcome = await ddpm.RunWithoutServerAsync(
            "predict", "--checkpoint", Golden("unet_tiny"), "--input", ddpm.PathOf("in.safetensors"), "--output", ddpm.PathOf("out.safetensors"));

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain(message);
        File.Exists(ddpm.PathOf("out.safetensors")).ShouldBeFalse();
    }

    [Fact]
    public async Task Predict_WithTimestepBeyondTheSchedule_SaysTheRule()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        new SafetensorsWriter().Add("x", new float[3 * 32 * 32], [1, 3, 32, 32]).Add("t", new[] { 1000L }, [1]).Write(ddpm.PathOf("in.safetensors"));

        var outcome = await ddpm.RunWithoutServerAsync(
            "predict", "--checkpoint", Golden("unet_tiny"), "--input", ddpm.PathOf("in.safetensors"), "--output", ddpm.PathOf("out.safetensors"));

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain("t must be 0 to 999, is 1000");
    }

    [Fact]
    public async Task Predict_OfATruncatedCheckpoint_NamesTheFileAndTheRule()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        CopyFolder(Golden("unet_tiny_gray"), ddpm.PathOf("cut"));
        var weights = ddpm.PathOf("cut/diffusion_pytorch_model.safetensors");
        await using (var file = File.OpenWrite(weights))
            file.SetLength(file.Length - 1);

        var outcome = await ddpm.RunWithoutServerAsync(
            "predict", "--checkpoint", ddpm.PathOf("cut"), "--input", Golden("unet_tiny_gray", "io.safetensors"), "--output", ddpm.PathOf("out.safetensors"));

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain(weights);
        outcome.Error.ShouldNotContain("   at ");
        Directory.GetFiles(ddpm.Folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("no-such-folder", "unet_tiny/io.safetensors", "There is no checkpoint folder ")]
    [InlineData("unet_tiny", "no-such-file.safetensors", "There is no file ")]
    public async Task Predict_OfWhatIsNotThere_EndsNotFound(string checkpoint, string input, string message)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunWithoutServerAsync(
            "predict", "--checkpoint", Golden(checkpoint), "--input", Golden(input), "--output", ddpm.PathOf("out.safetensors"));

        outcome.ExitCode.ShouldBe(ExitCodes.NotFound);
        outcome.Error.ShouldContain(message);
    }

    private static string Golden(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "goldens", .. parts]);

    private static double LargestDifference(string predictedFile, string recordedFile)
    {
        using var predicted = SafetensorsFile.Open(predictedFile);
        using var recorded = SafetensorsFile.Open(recordedFile);
        predicted.Entries["eps"].DType.ShouldBe(SafetensorsType.F32);
        predicted.Entries["eps"].Shape.ShouldBe(recorded.Entries["x"].Shape);
        return predicted.ReadFloat64("eps").Zip(recorded.ReadFloat64("eps.f64"), (a, b) => Math.Abs(a - b)).Max();
    }

    /// <summary>Gives the attention weights the names that the published google/ddpm-* files use.</summary>
    private static void RenameToOldNames(string from, string to)
    {
        CopyFolder(from, to);
        const string weights = "diffusion_pytorch_model.safetensors";
        using var file = SafetensorsFile.Open(Path.Combine(from, weights));
        var writer = new SafetensorsWriter();
        foreach (var (name, entry) in file.Entries)
        {
            var oldName = name.Replace(".to_q.", ".query.").Replace(".to_k.", ".key.").Replace(".to_v.", ".value.").Replace(".to_out.0.", ".proj_attn.");
            writer.AddBytes(oldName, entry.DType, file.Bytes(name).ToArray(), entry.Shape);
        }
        writer.Write(Path.Combine(to, weights));
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
