using Ddpm.Networks;
using Ddpm.Storage.Models;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Ddpm.Denoiser;

/// <summary>The network whose gradients were last asked for. One request has it at a time, on a thread that is not the pool's: those must not become masters of Torch's own.</summary>
internal sealed class GradientNetworks(IModelStore store, IOptions<DenoiserOptions> options) : IDisposable
{
    private const int MostWaiting = 16;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closing = new();
    private (string Model, string Version) _held;
    private GradientNetwork? _network;
    private int _waiting;

    /// <summary>Uses a version's network, alone.</summary>
    /// <exception cref="QueueFullException">Too many wait already.</exception>
    /// <exception cref="ModelNotFoundException">No such version.</exception>
    /// <exception cref="ModelCorruptException">A file does not have the bytes that were published.</exception>
    /// <exception cref="InvalidDataException">The version cannot be loaded.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<T> UseAsync<T>(string model, string version, Func<GradientNetwork, T> use, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new QueueFullException($"{MostWaiting} requests for products wait already.", RetryAfter);
        }
        try
        {
            await _turn.WaitAsync(ending.Token);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        try
        {
            var folder = _held == (model, version) ? null : await store.OpenAsync(model, version, ending.Token);
            return await Task.Factory.StartNew(
                () =>
                {
                    set_num_threads(1);
                    if (folder is not null)
                        Load(folder, model, version);
                    ending.Token.ThrowIfCancellationRequested();
                    return use(_network!);
                },
                ending.Token,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        // What is under way ends first.
        _turn.Wait();
        _network?.Dispose();
        _network = null;
        _held = default;
    }

    private void Load(string folder, string model, string version)
    {
        _network?.Dispose();
        (_network, _held) = (null, default);
        _network = GradientNetwork.Load(folder, TorchDevice.Find(options.Value.Device) ?? throw new InvalidDataException(TorchDevice.NoCuda));
        _held = (model, version);
    }
}
