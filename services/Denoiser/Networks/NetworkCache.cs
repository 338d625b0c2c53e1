using Ddpm.Storage.Models;
using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser;

/// <summary>
/// The networks in memory: each version is verified and loaded once, by whoever asks first, and dropped when the budget is exceeded and it has
/// been unused for longest. One in use is never dropped, so that the budget may be exceeded while more are in use at once.
/// </summary>
internal sealed partial class NetworkCache : IDisposable
{
    private readonly IModelStore _store;
    private readonly IDenoisingEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger<NetworkCache> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Model, string Version), Entry> _entries = [];
    private readonly LinkedList<Entry> _recentFirst = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly long _budgetBytes;
    private long _loadedBytes;

    public NetworkCache(
        IModelStore store,
        IDenoisingEngine engine,
        IOptions<DenoiserOptions> options,
        DenoiserMetrics metrics,
        TimeProvider time,
        ILogger<NetworkCache> logger)
    {
        _store = store;
        _engine = engine;
        _time = time;
        _logger = logger;
        _budgetBytes = options.Value.MemoryBudgetMb * 1024L * 1024;
        metrics.ObserveMemory(() => LoadedBytes);
    }

    /// <summary>Memory that the loaded weights take.</summary>
    public long LoadedBytes => Interlocked.Read(ref _loadedBytes);

    /// <summary><c>model@version</c> of the loaded networks, last used first.</summary>
    public IReadOnlyList<string> LoadedVersions
    {
        get
        {
            lock (_gate)
                return [.. _recentFirst.Where(entry => entry.Network is not null).Select(entry => $"{entry.Model}@{entry.Version}")];
        }
    }

    /// <summary>Models of which any version is loaded.</summary>
    public IReadOnlyList<string> LoadedModels
    {
        get
        {
            lock (_gate)
                return [.. _recentFirst.Where(entry => entry.Network is not null).Select(entry => entry.Model).Distinct()];
        }
    }

    /// <summary>Answers a network that stays in memory until the lease is disposed; loads it when it is not there.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Version id.</param>
    /// <param name="cancellationToken">Ends the wait; a load under way goes on, for others.</param>
    /// <exception cref="ModelNotFoundException">No such version.</exception>
    /// <exception cref="ModelCorruptException">A file does not have the bytes that were published.</exception>
    /// <exception cref="InvalidDataException">The version cannot be loaded.</exception>
    public async Task<NetworkLease> AcquireAsync(string model, string version, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_gate)
        {
            _closing.Token.ThrowIfCancellationRequested();
            if (!_entries.TryGetValue((model, version), out entry!))
            {
                entry = new Entry(model, version);
                _entries.Add((model, version), entry);
                _recentFirst.AddFirst(entry.Place);
                entry.Loading = Task.Run(() => LoadAsync(entry), CancellationToken.None);
            }
            entry.Leases++;
            _recentFirst.Remove(entry.Place);
            _recentFirst.AddFirst(entry.Place);
        }
        try
        {
            return new NetworkLease(this, entry, await entry.Loading.WaitAsync(cancellationToken));
        }
        catch
        {
            Release(entry);
            throw;
        }
    }

    /// <summary>Frees all networks that nobody uses; the others are freed with their last lease.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested)
                return;
            _closing.Cancel();
        }
        MakeRoom(_budgetBytes);
    }

    internal NetworkLease Share(Entry entry, IDenoisingNetwork network)
    {
        lock (_gate)
            entry.Leases++;
        return new NetworkLease(this, entry, network);
    }

    internal void Release(Entry entry)
    {
        lock (_gate)
            entry.Leases--;
        MakeRoom(_closing.IsCancellationRequested ? _budgetBytes : 0);
    }

    private async Task<IDenoisingNetwork> LoadAsync(Entry entry)
    {
        var began = _time.GetTimestamp();
        IDenoisingNetwork network;
        try
        {
            var folder = await _store.OpenAsync(entry.Model, entry.Version, _closing.Token);
            MakeRoom(new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length));
            network = await LoadOnOwnThreadAsync(folder);
        }
        catch (Exception e)
        {
            // The next request tries again: the files may have been mended.
            lock (_gate)
            {
                if (_entries.Remove((entry.Model, entry.Version)))
                    _recentFirst.Remove(entry.Place);
            }
            LogNotLoaded(_logger, entry.Model, entry.Version, e.Message);
            throw;
        }

        lock (_gate)
        {
            entry.Network = network;
            _loadedBytes += network.MemoryBytes;
        }
        LogLoaded(_logger, entry.Model, entry.Version, network.MemoryBytes, _time.GetElapsedTime(began).TotalMilliseconds);
        MakeRoom(_closing.IsCancellationRequested ? _budgetBytes : 0);
        return network;
    }

    /// <summary>Threads of the pool must not become masters of Torch's own.</summary>
    private Task<IDenoisingNetwork> LoadOnOwnThreadAsync(string folder) => Task.Factory.StartNew(
        () =>
        {
            _engine.PrepareThread();
            return _engine.Load(folder);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>Drops networks that nobody uses, the longest unused first, until so many bytes fit into the budget besides the rest.</summary>
    private void MakeRoom(long bytes)
    {
        List<Entry> dropped = [];
        lock (_gate)
        {
            for (var place = _recentFirst.Last; place is not null && _loadedBytes + bytes > _budgetBytes;)
            {
                var entry = place.Value;
                place = place.Previous;
                if (entry.Leases > 0 || entry.Network is null)
                    continue;
                _entries.Remove((entry.Model, entry.Version));
                _recentFirst.Remove(entry.Place);
                _loadedBytes -= entry.Network.MemoryBytes;
                dropped.Add(entry);
            }
        }
        foreach (var entry in dropped)
        {
            entry.Network!.Dispose();
            LogFreed(_logger, entry.Model, entry.Version);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Loaded {Model}@{Version}: {Bytes} bytes in {Milliseconds:F0} ms")]
    private static partial void LogLoaded(ILogger logger, string model, string version, long bytes, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "Freed {Model}@{Version}")]
    private static partial void LogFreed(ILogger logger, string model, string version);

    [LoggerMessage(3, LogLevel.Warning, "Could not load {Model}@{Version}: {Reason}")]
    private static partial void LogNotLoaded(ILogger logger, string model, string version, string reason);

    /// <summary>A version that is loaded or being loaded. The cache's lock guards what changes.</summary>
    internal sealed class Entry
    {
        public Entry(string model, string version)
        {
            Model = model;
            Version = version;
            Place = new LinkedListNode<Entry>(this);
        }

        public string Model { get; }

        public string Version { get; }

        public LinkedListNode<Entry> Place { get; }

        public Task<IDenoisingNetwork> Loading { get; set; } = null!;

        public IDenoisingNetwork? Network { get; set; }

        public int Leases { get; set; }
    }
}
