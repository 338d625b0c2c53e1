using Ddpm.Diffusion;
using Ddpm.Networks;

namespace Ddpm.Bench.Subjects;

/// <summary>A network that is measured.</summary>
internal sealed class BenchModel : IDisposable
{
    private readonly string? _temporary;

    private BenchModel(string name, string folder, string? temporary)
    {
        Name = name;
        Folder = folder;
        _temporary = temporary;
        Config = UNetConfig.Read(Path.Combine(folder, UNetConfig.FileName));
    }

    public string Name { get; }

    /// <summary>Its checkpoint folder.</summary>
    public string Folder { get; }

    public UNetConfig Config { get; }

    public int[] Shape => [Config.InChannels, Config.SampleSize!.Value.Height, Config.SampleSize.Value.Width];

    public int Elements => Shape.Aggregate((product, extent) => product * extent);

    /// <summary>The model that ships: 1.8 million weights, 1×28×28.</summary>
    public static BenchModel Shipped() => new("fashion-mnist", Path.Combine(AppContext.BaseDirectory, "fashion-mnist"), null);

    /// <summary>The architecture of google/ddpm-cifar10-32, 35.7 million weights, 3×32×32, with weights by chance: what it costs does not depend on them.</summary>
    public static BenchModel Cifar() => Random("cifar", new UNetConfig
    {
        SampleSize = new SampleSize(32, 32),
        InChannels = 3,
        OutChannels = 3,
        BlockOutChannels = [128, 256, 256, 256],
        LayersPerBlock = 2,
        DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
        UpBlockTypes = ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
        AttentionHeadDim = null,
        DownsamplePadding = 0,
        FlipSinToCos = false,
        FreqShift = 1,
        NormEps = 1e-6,
        NormNumGroups = 32,
    });

    /// <summary>A network whose only use is to say that images have so many pixels.</summary>
    public static BenchModel OfSize(int pixels) => Random($"size-{pixels}", new UNetConfig
    {
        SampleSize = new SampleSize(pixels, pixels),
        InChannels = 3,
        OutChannels = 3,
        BlockOutChannels = [4],
        LayersPerBlock = 1,
        DownBlockTypes = ["DownBlock2D"],
        UpBlockTypes = ["UpBlock2D"],
        NormNumGroups = 2,
        AddAttention = false,
    });

    /// <summary>Standard normal noise of its shape.</summary>
    public float[] Noise(int number)
    {
        var x = new float[Elements];
        new PhiloxNoise(1, number).Fill(x.AsSpan(), 0, NoiseUse.Initial);
        return x;
    }

    public void Dispose()
    {
        if (_temporary is not null)
            Directory.Delete(_temporary, recursive: true);
    }

    private static BenchModel Random(string name, UNetConfig config)
    {
        var temporary = Directory.CreateTempSubdirectory("ddpm-bench-").FullName;
        var folder = Path.Combine(temporary, name);
        TorchSharp.torch.set_num_threads(1);
        using var network = new UNet2DModel(config, seed: 1);
        Checkpoint.Save(folder, network, new SchedulerConfig(), ModelIndex.Unconditional);
        return new BenchModel(name, folder, temporary);
    }
}
