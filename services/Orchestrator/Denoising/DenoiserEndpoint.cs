using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// One Denoiser, over a long-lived stream of each priority, opened again when it breaks: a Denoiser that has too much under way reads a stream no further,
/// and what is urgent must not stand behind that.
/// </summary>
internal sealed class DenoiserEndpoint(Uri address, DdpmClient client, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Priority, DenoiserStream> _streams = [];
    private int _underWay;
    private long _leftAloneUntil = long.MinValue;
    private bool _closed;

    public Uri Address => address;

    /// <summary>Requests that are not answered yet.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Whether it failed so lately that another one had better be asked.</summary>
    public bool IsLeftAlone => time.GetTimestamp() < Interlocked.Read(ref _leftAloneUntil);

    public void LeaveAlone(TimeSpan duration) =>
        Interlocked.Exchange(ref _leftAloneUntil, time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency));

    /// <exception cref="RpcException">What the Denoiser answered, or why the stream broke.</exception>
    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            return await StreamOf(request.Priority).PredictAsync(request, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var stream in _streams.Values)
                _ = stream.DisposeAsync().AsTask();
        }
    }

    private DenoiserStream StreamOf(Priority priority)
    {
        lock (_gate)
        {
            if (_closed)
                throw RpcErrors.Unavailable("The Orchestrator is stopping.");
            if (_streams.TryGetValue(priority, out var stream) && !stream.IsBroken)
                return stream;
            if (stream is not null)
                _ = stream.DisposeAsync().AsTask();
            return _streams[priority] = new DenoiserStream(client.Denoiser);
        }
    }
}
