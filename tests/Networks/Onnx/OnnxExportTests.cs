using System.Text;
using Ddpm.Networks.Onnx.Format;
using Ddpm.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Networks.Onnx;

/// <summary>Exported networks in ONNX Runtime against diffusers' recorded predictions and against <see cref="UNet2DModel"/>.</summary>
public sealed class OnnxExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    private string Target => Path.Combine(_folder.Path, "model");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("unet_tiny", "unet_tiny")]
    [InlineData("unet_tiny_gray", "unet_tiny_gray")]
    [InlineData("unet_tiny_gray_oldnames", "unet_tiny_gray")]
    public void Run_CheckpointOfDiffusers_PredictsTheSameNoise(string folder, string recorded)
    {
        using var checkpoint = CheckpointFolder.Open(Goldens.Path(folder));
        using var io = SafetensorsFile.Open(Goldens.Path($"{recorded}/io.safetensors"));
        var size = checkpoint.Config.SampleSize!.Value;
        var x = io.Float32("x");
        var border = (size.Height - x.shape[2]) / 2;
        var padded = nn.functional.pad(x, [border, border, border, border]);

        foreach (var predicted in BothExports(checkpoint, padded, io.Int64("t"), null))
            predicted.slice(2, border, size.Height - border, 1).slice(3, border, size.Width - border, 1).DistanceTo(io.Float64("eps.f64")).ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void Run_WeightsMadeFromTheirNames_PredictsTheSameNoise()
    {
        using var network = HashedNetwork.Create();
        Save(network);
        using var checkpoint = CheckpointFolder.Open(Target);
        using var io = SafetensorsFile.Open(Goldens.Path("unet_hash_medium_32_64.safetensors"));

        foreach (var predicted in BothExports(checkpoint, io.Float32("x"), io.Int64("t"), null))
            predicted.DistanceTo(io.Float64("eps.f64")).ShouldBeLessThan(1e-5);
    }

    public static TheoryData<string> Variants => [.. Configurations.Keys];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Run_OfEachArchitecture_PredictsWhatTorchDoes(string variant)
    {
        var config = Configurations[variant];
        using var network = SmallNetwork.Create(config);
        Save(network);
        using var checkpoint = CheckpointFolder.Open(Target);
        using var generator = new Generator(11);
        var x = randn(3, 1, 8, config.SampleSize!.Value.Width, generator: generator);
        var timesteps = tensor(new[] { 0f, 41.5f, 999f });
        var classes = config.NumClassEmbeds is null ? null : tensor(new long[] { 0, 2, 1 });
        using var inference = inference_mode();
        var expected = network.forward(x, timesteps, classes);
        var tolerance = 1e-5 * Math.Max(1, expected.abs().max().item<float>());

        foreach (var predicted in BothExports(checkpoint, x, timesteps, classes))
            predicted.DistanceTo(expected).ShouldBeLessThan(tolerance);
    }

    [Fact]
    public void Run_OfParts_GivesARowTheSameBitsInAnyBatch()
    {
        using var checkpoint = CheckpointFolder.Open(Goldens.Path("unet_tiny"));
        var parts = OnnxExport.Parts(checkpoint);
        using var generator = new Generator(3);
        var x = randn(8, 3, 32, 32, generator: generator);
        var timesteps = arange(8, dtype: float32) * 100.25f;
        var together = OnnxRun.Parts(parts, x, timesteps, null);

        for (var count = 1; count < 8; count++)
        {
            var some = OnnxRun.Parts(parts, x.slice(0, 8 - count, 8, 1), timesteps.slice(0, 8 - count, 8, 1), null);
            some.DistanceTo(together.slice(0, 8 - count, 8, 1)).ShouldBe(0, $"{count} of 8 rows");
        }
    }

    [Fact]
    public void Network_Portable_HasOperatorsOfOnnxAloneAndTheConfiguration()
    {
        using var checkpoint = CheckpointFolder.Open(Goldens.Path("unet_tiny"));

        var model = ModelProto.Parser.ParseFrom(Export(checkpoint));

        model.OpsetImport.ShouldHaveSingleItem().Domain.ShouldBeEmpty();
        model.Graph.Node.ShouldAllBe(node => node.Domain == "");
        model.Graph.Input.Select(input => input.Name).ShouldBe([OnnxExport.Sample, OnnxExport.Timestep]);
        UNetConfig.Parse(model.MetadataProps.Single(pair => pair.Key == UNetConfig.FileName).Value).ToJson().ShouldBe(checkpoint.Config.ToJson());
    }

    [Fact]
    public void Network_WeightsThatDoNotFit_IsRefused()
    {
        using var network = SmallNetwork.Create(SmallNetwork.Config);
        Save(network);
        File.WriteAllText(Path.Combine(Target, UNetConfig.FileName), (SmallNetwork.Config with { NumClassEmbeds = 3 }).ToJson());
        using (var wanting = CheckpointFolder.Open(Target))
            Should.Throw<CheckpointException>(() => OnnxExport.Network(wanting, Stream.Null)).Message.ShouldContain("lacks weights that config.json asks for: class_embedding.weight");

        File.WriteAllText(Path.Combine(Target, UNetConfig.FileName), (SmallNetwork.Config with { AddAttention = false }).ToJson());
        using (var laden = CheckpointFolder.Open(Target))
            Should.Throw<CheckpointException>(() => OnnxExport.Parts(laden)).Message.ShouldContain("has weights that config.json does not ask for: mid_block.attentions.0");

        File.WriteAllText(Path.Combine(Target, UNetConfig.FileName), (SmallNetwork.Config with { SampleSize = null }).ToJson());
        using (var shapeless = CheckpointFolder.Open(Target))
            Should.Throw<InvalidConfigException>(() => OnnxExport.Network(shapeless, Stream.Null)).Violations.ShouldHaveSingleItem().Field.ShouldBe("sample_size");
    }

    [Fact]
    public void Network_MoreWeightsThanAFileHolds_IsRefusedBeforeTheyAreRead()
    {
        using var network = SmallNetwork.Create(SmallNetwork.Config);
        Save(network);
        WriteWeightsOfOneGibibyte();
        using var checkpoint = CheckpointFolder.Open(Target);
        using var written = new MemoryStream();

        var failure = Should.Throw<CheckpointException>(() => OnnxExport.Network(checkpoint, written));

        failure.Message.ShouldContain("2147483647 bytes");
        written.Length.ShouldBe(0);
    }

    private static readonly Dictionary<string, UNetConfig> Configurations = new()
    {
        ["plain"] = SmallNetwork.Config,
        ["not square"] = SmallNetwork.Config with { SampleSize = new SampleSize(8, 12) },
        ["conditional"] = SmallNetwork.Config with { NumClassEmbeds = 3, NullClassEmbed = 2 },
        ["scale and shift"] = SmallNetwork.Config with { ResnetTimeScaleShift = UNetConfig.ScaleShift },
        ["scale and shift, middle attention not normalised"] = SmallNetwork.Config with { ResnetTimeScaleShift = UNetConfig.ScaleShift, AttnNormNumGroups = null },
        ["time embedding in attention"] = SmallNetwork.Config with { AttentionTimeEmbedding = true, NumClassEmbeds = 3 },
        ["one head"] = SmallNetwork.Config with { AttentionHeadDim = null },
        ["no middle attention"] = SmallNetwork.Config with { AddAttention = false },
        ["downsampling pads one side"] = SmallNetwork.Config with { DownsamplePadding = 0 },
        ["scaled middle"] = SmallNetwork.Config with { MidBlockScaleFactor = 1.5 },
        ["centred input"] = SmallNetwork.Config with { CenterInputSample = true },
        ["sines first, shifted frequencies"] = SmallNetwork.Config with { FlipSinToCos = false, FreqShift = 1 },
        ["odd features"] = SmallNetwork.Config with { BlockOutChannels = [9, 18], NormNumGroups = 3, AttnNormNumGroups = 3, AttentionHeadDim = 6 },
        ["one resolution"] = SmallNetwork.Config with { BlockOutChannels = [8], DownBlockTypes = ["DownBlock2D"], UpBlockTypes = ["UpBlock2D"] },
        ["three resolutions, two layers"] = SmallNetwork.Config with
        {
            BlockOutChannels = [8, 16, 16],
            LayersPerBlock = 2,
            DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
            UpBlockTypes = ["UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
        },
        ["learned variance"] = SmallNetwork.Config with { OutChannels = 2 },
    };

    private static IEnumerable<Tensor> BothExports(CheckpointFolder checkpoint, Tensor x, Tensor timesteps, Tensor? classes) =>
        [
            OnnxRun.Network(Export(checkpoint), x, timesteps, classes),
            OnnxRun.Network(Export(checkpoint, OnnxDialect.OnnxRuntime), x, timesteps, classes),
            OnnxRun.Parts(OnnxExport.Parts(checkpoint), x, timesteps, classes),
        ];

    private static byte[] Export(CheckpointFolder checkpoint, OnnxDialect dialect = OnnxDialect.Portable)
    {
        using var file = new MemoryStream();
        OnnxExport.Network(checkpoint, file, dialect);
        return file.ToArray();
    }

    /// <summary>2²⁹ numbers in bfloat16, which are two gibibytes in float32. The file is a hole: it takes no room on the disk.</summary>
    private void WriteWeightsOfOneGibibyte()
    {
        const long bytes = 1L << 30;
        var header = Encoding.UTF8.GetBytes($$"""{"conv_in.weight": {"dtype": "BF16", "shape": [{{bytes / 2}}], "data_offsets": [0, {{bytes}}] } }""");
        using var file = File.Create(Path.Combine(Target, CheckpointFolder.WeightsFileName));
        file.Write(BitConverter.GetBytes((long)header.Length));
        file.Write(header);
        file.SetLength(sizeof(long) + header.Length + bytes);
    }

    private void Save(UNet2DModel network) => Checkpoint.Save(Target, network, new SchedulerConfig(), ModelIndex.Unconditional);
}
