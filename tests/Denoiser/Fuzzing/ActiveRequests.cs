using System.Diagnostics.Metrics;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Counts the calls that a server has begun and not ended.</summary>
internal sealed class ActiveRequests : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    /// <param name="server">The meters of the server.</param>
    public ActiveRequests(IMeterFactory server)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "http.server.active_requests" && instrument.Meter.Scope == server)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _count, change));
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
