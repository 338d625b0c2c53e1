namespace Ddpm.Denoiser;

/// <summary>Keeps a network in memory for as long as it is not disposed.</summary>
internal sealed class NetworkLease : IDisposable
{
    private readonly NetworkCache _cache;
    private readonly NetworkCache.Entry _entry;
    private int _released;

    /// <summary>Called by the cache, which has counted it.</summary>
    internal NetworkLease(NetworkCache cache, NetworkCache.Entry entry, IDenoisingNetwork network)
    {
        _cache = cache;
        _entry = entry;
        Network = network;
    }

    public IDenoisingNetwork Network { get; }

    /// <summary>A lease of its own on the same network.</summary>
    public NetworkLease Share() => _cache.Share(_entry, Network);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
            _cache.Release(_entry);
    }
}
