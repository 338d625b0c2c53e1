using System.Diagnostics.Metrics;
using Ddpm.Hosting;

namespace Ddpm.Denoiser;

/// <summary>What an operator watches, on the meter <c>Ddpm.Denoiser</c>.</summary>
internal sealed class DenoiserMetrics
{
    public const string MeterName = ServiceDefaults.TelemetryPrefix + "Denoiser";

    private readonly Meter _meter;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _refusedRows;
    private readonly Histogram<int> _batchRows;
    private readonly Histogram<double> _duration;
    private readonly Counter<double> _threadTime;
    private readonly Histogram<double> _wait;

    public DenoiserMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _rows = _meter.CreateCounter<long>("ddpm.denoiser.rows", "{row}", "Rows answered.");
        _refusedRows = _meter.CreateCounter<long>("ddpm.denoiser.rows.refused", "{row}", "Rows refused because the queue was full.");
        _batchRows = _meter.CreateHistogram<int>("ddpm.denoiser.evaluation.rows", "{row}", "Rows of one evaluation.");
        _duration = _meter.CreateHistogram<double>("ddpm.denoiser.evaluation.duration", "s", "Time of one evaluation.");
        _threadTime = _meter.CreateCounter<double>("ddpm.denoiser.evaluation.thread_time", "s", "Time of all threads that evaluated.");
        _wait = _meter.CreateHistogram<double>("ddpm.denoiser.queue.duration", "s", "Time that a row waited for a worker.");
    }

    /// <summary>A row was taken by a worker.</summary>
    public void Waited(TimeSpan duration, bool isBulk) =>
        _wait.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("ddpm.priority", isBulk ? "bulk" : "interactive"));

    public void Evaluated(int rows, TimeSpan duration, int threads)
    {
        _threadTime.Add(duration.TotalSeconds * threads);
        _rows.Add(rows);
        _batchRows.Record(rows);
        _duration.Record(duration.TotalSeconds);
    }

    public void Refused(int rows) => _refusedRows.Add(rows);

    public void ObserveQueue(Func<int> waitingRows, Func<int> idleWorkers)
    {
        _meter.CreateObservableGauge("ddpm.denoiser.queue.rows", waitingRows, "{row}", "Rows waiting for a worker.");
        _meter.CreateObservableGauge("ddpm.denoiser.workers.idle", idleWorkers, "{worker}", "Workers waiting for rows.");
    }

    public void ObserveMemory(Func<long> loadedBytes) =>
        _meter.CreateObservableGauge("ddpm.denoiser.networks.memory", loadedBytes, "By", "Memory of the weights that are loaded.");
}
