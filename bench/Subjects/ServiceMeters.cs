using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Ddpm.Bench.Subjects;

/// <summary>What the services of this process measure of themselves, as an operator's dashboard would see it.</summary>
internal sealed class ServiceMeters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<double> _interactiveSteps = [];
    private readonly ConcurrentQueue<double> _checkpoints = [];
    private readonly Lock _gate = new();
    private double _threadSeconds;
    private long _rows;

    public ServiceMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "ddpm.orchestrator.step.duration" or "ddpm.orchestrator.checkpoint.duration" or "ddpm.denoiser.evaluation.thread_time" or "ddpm.denoiser.rows")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(Note);
        _listener.SetMeasurementEventCallback<long>((_, rows, _, _) => Interlocked.Add(ref _rows, rows));
        _listener.Start();
    }

    /// <summary>Seconds of each step of interactive jobs since the last <see cref="Reset"/>.</summary>
    public double[] InteractiveSteps => [.. _interactiveSteps.Order()];

    /// <summary>Seconds in which each checkpoint was written since the last <see cref="Reset"/>.</summary>
    public double[] Checkpoints => [.. _checkpoints];

    /// <summary>Seconds that threads evaluated, all together.</summary>
    public double ThreadSeconds
    {
        get
        {
            lock (_gate)
                return _threadSeconds;
        }
    }

    /// <summary>Rows that were answered.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    public void Reset()
    {
        _interactiveSteps.Clear();
        _checkpoints.Clear();
        Interlocked.Exchange(ref _rows, 0);
        lock (_gate)
            _threadSeconds = 0;
    }

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        switch (instrument.Name)
        {
            case "ddpm.denoiser.evaluation.thread_time":
                lock (_gate)
                    _threadSeconds += value;
                break;
            case "ddpm.orchestrator.checkpoint.duration":
                _checkpoints.Enqueue(value);
                break;
            default:
                foreach (var tag in tags)
                {
                    if (tag is { Key: "ddpm.priority", Value: "interactive" })
                        _interactiveSteps.Enqueue(value);
                }
                break;
        }
    }
}
