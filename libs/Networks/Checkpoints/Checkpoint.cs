using System.Text;
using Ddpm.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>A network with its weights and what it was trained for, from a <see cref="CheckpointFolder"/>.</summary>
public sealed class Checkpoint : IDisposable
{
    private Checkpoint(UNet2DModel network, SchedulerConfig scheduler, ModelIndex index) => (Network, Scheduler, Index) = (network, scheduler, index);

    /// <summary>In evaluation mode; training it further takes <c>train()</c>.</summary>
    public UNet2DModel Network { get; }

    public SchedulerConfig Scheduler { get; }

    public ModelIndex Index { get; }

    /// <summary>Reads a folder onto a device (default: CPU). Weights of every floating type become float32.</summary>
    /// <exception cref="CheckpointException">A file is missing, the weights are a pickle, or they do not fit config.json.</exception>
    /// <exception cref="InvalidConfigException">A configuration file breaks a rule.</exception>
    /// <exception cref="SafetensorsException">The weights file breaks a rule of its format.</exception>
    /// <exception cref="LibTorchMissingException">libtorch cannot be loaded.</exception>
    public static Checkpoint Load(string folder, Device? device = null)
    {
        LibTorch.Load();
        using var opened = CheckpointFolder.Open(folder);
        var network = new UNet2DModel(opened.Config);
        try
        {
            ReadWeights(opened, network);
            network.eval();
            if (device is not null && device.type != DeviceType.CPU)
                network.to(device);
            return new Checkpoint(network, opened.Scheduler, opened.Index);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Writes a new folder: aside first, flushed to the disk, then renamed, so that nothing half-written is ever seen.</summary>
    /// <param name="folder">Must not exist.</param>
    /// <param name="network">The weights to write, and its configuration.</param>
    /// <param name="scheduler">What the network was trained for.</param>
    /// <param name="index">Names of the classes.</param>
    /// <param name="texts">Further text files by name: recipe.json, README.md.</param>
    /// <exception cref="IOException">The folder exists or cannot be written.</exception>
    public static void Save(
        string folder,
        UNet2DModel network,
        SchedulerConfig scheduler,
        ModelIndex index,
        IReadOnlyDictionary<string, string>? texts = null)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(folder))
            throw new IOException($"{folder}: exists already; a checkpoint is written to a new folder.");
        var aside = Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}.{Path.GetRandomFileName()}");
        Directory.CreateDirectory(aside);
        try
        {
            WriteWeights(Path.Combine(aside, CheckpointFolder.WeightsFileName), network);
            WriteText(aside, UNetConfig.FileName, network.Config.ToJson());
            WriteText(aside, SchedulerConfig.FileName, scheduler.ToJson());
            WriteText(aside, ModelIndex.FileName, index.ToJson());
            foreach (var (name, text) in texts ?? new Dictionary<string, string>())
                WriteText(aside, name, text);
            Directory.Move(aside, folder);
        }
        catch
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    public void Dispose() => Network.Dispose();

    private static void ReadWeights(CheckpointFolder folder, UNet2DModel network)
    {
        var parameters = network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        folder.ThrowIfNot(parameters.Keys);
        using var unrecorded = no_grad();
        // copy_ answers another handle on the weights, which would keep them until it is collected.
        using var scope = NewDisposeScope();
        foreach (var (name, parameter) in parameters)
            parameter.copy_(tensor(folder.ReadWeight(name, parameter.shape), parameter.shape));
    }

    private static void WriteWeights(string path, UNet2DModel network)
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        foreach (var (name, parameter) in network.named_parameters())
        {
            using var values = parameter.detach().cpu().contiguous();
            writer.Add(name, values.data<float>().ToArray(), values.shape);
        }
        writer.Write(path);
    }

    private static void WriteText(string folder, string name, string text)
    {
        using var stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }
}
