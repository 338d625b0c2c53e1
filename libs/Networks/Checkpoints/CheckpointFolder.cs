using Ddpm.Safetensors;

namespace Ddpm.Networks;

/// <summary>
/// A flat Hugging Face folder as google/ddpm-* have it: config.json, scheduler_config.json, diffusion_pytorch_model.safetensors and, where
/// there is one, model_index.json. Its weights are read one by one; no Torch is needed.
/// </summary>
public sealed class CheckpointFolder : IDisposable
{
    public const string WeightsFileName = "diffusion_pytorch_model.safetensors";

    private readonly string _folder;
    private readonly SafetensorsFile _weights;
    private readonly Dictionary<string, string> _stored;

    private CheckpointFolder(string folder, UNetConfig config, SchedulerConfig scheduler, ModelIndex index)
    {
        (_folder, Config, Scheduler, Index) = (folder, config, scheduler, index);
        _weights = SafetensorsFile.Open(Require(folder, WeightsFileName));
        try
        {
            var names = _weights.Entries.Keys.ToLookup(AttentionNames.Modern);
            ThrowIfAny("has weights under both their old and their new name", names.Where(group => group.Count() > 1).Select(group => group.Key));
            _stored = names.ToDictionary(group => group.Key, group => group.Single());
        }
        catch
        {
            _weights.Dispose();
            throw;
        }
    }

    public UNetConfig Config { get; }

    public SchedulerConfig Scheduler { get; }

    public ModelIndex Index { get; }

    /// <summary>Numbers that all weights have together.</summary>
    public long WeightCount => _weights.Entries.Values.Sum(entry => entry.ElementCount);

    /// <summary>Reads and checks the configuration files and the header of the weights.</summary>
    /// <exception cref="CheckpointException">A file is missing, or the weights are a pickle.</exception>
    /// <exception cref="InvalidConfigException">A configuration file breaks a rule.</exception>
    /// <exception cref="SafetensorsException">The weights file breaks a rule of its format.</exception>
    public static CheckpointFolder Open(string folder)
    {
        var config = UNetConfig.Read(Require(folder, UNetConfig.FileName));
        var scheduler = SchedulerConfig.Read(Require(folder, SchedulerConfig.FileName));
        var index = Path.Combine(folder, ModelIndex.FileName);
        return new CheckpointFolder(folder, config, scheduler, File.Exists(index) ? ModelIndex.Read(index) : ModelIndex.Unconditional);
    }

    /// <summary>Checks that the weights are those that config.json asks for, no fewer and no more.</summary>
    /// <param name="names">What it asks for, by the present names of diffusers.</param>
    /// <exception cref="CheckpointException">They are not; some of the names are in the message.</exception>
    public void ThrowIfNot(IReadOnlyCollection<string> names)
    {
        ThrowIfAny("lacks weights that config.json asks for", names.Except(_stored.Keys));
        ThrowIfAny("has weights that config.json does not ask for", _stored.Keys.Except(names));
    }

    /// <summary>Reads a weight as float32, row-major, whatever floating type it is stored in.</summary>
    /// <param name="name">Its present name.</param>
    /// <param name="shape">What config.json asks for.</param>
    /// <exception cref="CheckpointException">It is not there, or has another shape.</exception>
    /// <exception cref="SafetensorsException">It is no floating-point number.</exception>
    public float[] ReadWeight(string name, params ReadOnlySpan<long> shape)
    {
        if (!_stored.TryGetValue(name, out var stored))
            ThrowIfAny("lacks weights that config.json asks for", [name]);
        var entry = _weights.Entries[stored!];
        return entry.Shape.AsSpan().SequenceEqual(shape)
            ? _weights.ReadFloat32(entry.Name)
            : throw new CheckpointException(_folder,
                $"{WeightsFileName}: {entry.Name} has shape [{string.Join(", ", entry.Shape)}], config.json asks for [{string.Join(", ", shape.ToArray())}]");
    }

    /// <summary>The error of a format whose files cannot hold these weights.</summary>
    internal CheckpointException TooLarge(long bytes) => new(_folder, $"{WeightsFileName} has more weights than {bytes} bytes hold, which is all that an ONNX file may have");

    public void Dispose() => _weights.Dispose();

    private static string Require(string folder, string name)
    {
        if (!Directory.Exists(folder))
            throw new CheckpointException(folder, "there is no such folder");
        var path = Path.Combine(folder, name);
        if (File.Exists(path))
            return path;
        var pickle = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).FirstOrDefault(PickleFile.IsName);
        throw new CheckpointException(folder, name == WeightsFileName && pickle is not null
            ? $"{pickle} is a pickle, which can run code when it is read, and is never opened; convert it to {WeightsFileName}"
            : $"{name} is missing");
    }

    private void ThrowIfAny(string problem, IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).ToList();
        if (all.Count > 0)
            throw new CheckpointException(_folder, $"{WeightsFileName} {problem}: {string.Join(", ", all.Take(3))}{(all.Count > 3 ? $" and {all.Count - 3} more" : "")}");
    }
}
