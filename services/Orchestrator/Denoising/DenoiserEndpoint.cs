using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// One Denoiser, over a long-lived stream of each priority, opened again when it breaks: a Denoiser that has too much under way reads a stream no further,
/// and what is urgent must not stand behind that.
/// </summary>
internal sealed class DenoiserEndpoint(Replica replica, DdpmClient client, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Priority, DenoiserStream> _streams = [];
    private readonly DenoiserHealth _health = new(client, time);
    private int _underWay;
    private long _leftAloneUntil = long.MinValue;
    private int _isRetired;
    private bool _closed;

    public Replica Replica => replica;

    /// <summary>Requests that are not answered yet.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Whether it failed so lately, or has shown so little life since, that another one had better be asked.</summary>
    public bool IsLeftAlone => _health.IsDoubtful || time.GetTimestamp() < Interlocked.Read(ref _leftAloneUntil);

    public void LeaveAlone(TimeSpan duration) =>
        Interlocked.Exchange(ref _leftAloneUntil, time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency));

    /// <exception cref="RpcException">What the Denoiser answered, or why the stream broke.</exception>
    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _underWay);
        try
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
        finally
        {
            // Both this and Retire put a full fence between their own write and their look at the other's: one of them sees that it is time.
            if (Interlocked.Decrement(ref _underWay) == 0 && Volatile.Read(ref _isRetired) != 0)
                Close();
        }
    }

    /// <summary>Closes it as soon as nothing is under way; whoever still asks it then finds it closed, and asks another one.</summary>
    public void Retire()
    {
        Interlocked.Exchange(ref _isRetired, 1);
        if (UnderWay == 0)
            Close();
    }

    /// <summary>Closes it now; what is under way ends with UNAVAILABLE.</summary>
    public void Close()
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
