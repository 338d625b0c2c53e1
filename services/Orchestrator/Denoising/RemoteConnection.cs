using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// A long-lived stream of each priority, opened again when it breaks: a Denoiser that has too much under way reads a stream no further, and what is urgent
/// must not stand behind that.
/// </summary>
internal sealed class RemoteConnection(DdpmClient client, TimeProvider time) : IDenoiserConnection
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Priority, DenoiserStream> _streams = [];
    private readonly DenoiserHealth _health = new(client, time);
    private bool _closed;

    public bool IsDoubtful => _health.IsDoubtful;

    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        var stream = StreamOf(request.Priority);
        try
        {
            return await stream.PredictAsync(request, cancellationToken);
        }
        catch (RpcException) when (stream.IsBroken)
        {
            _health.Doubt();
            throw;
        }
    }

    public Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken) =>
        client.Denoiser.PredictNoiseProductAsync(request, cancellationToken: cancellationToken).ResponseAsync;

    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _health.Dispose();
            foreach (var stream in _streams.Values)
                _ = stream.DisposeAsync().AsTask();
            client.Dispose();
        }
    }

    private DenoiserStream StreamOf(Priority priority)
    {
        lock (_gate)
        {
            if (_closed)
                throw RpcErrors.Unavailable("This Denoiser is asked no more.");
            if (_streams.TryGetValue(priority, out var stream) && !stream.IsBroken)
                return stream;
            if (stream is not null)
                _ = stream.DisposeAsync().AsTask();
            return _streams[priority] = new DenoiserStream(client.Denoiser);
        }
    }
}
