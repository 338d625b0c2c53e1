using System.Diagnostics.Metrics;
using Ddpm.Hosting;
using Ddpm.Orchestrator.Denoising;
using Ddpm.V1;

namespace Ddpm.Orchestrator;

/// <summary>What an operator watches, on the meter <c>Ddpm.Orchestrator</c>.</summary>
internal sealed class OrchestratorMetrics
{
    public const string MeterName = ServiceDefaults.TelemetryPrefix + "Orchestrator";

    private readonly Histogram<double> _step;
    private readonly Histogram<double> _checkpoint;
    private readonly Counter<long> _rows;

    public OrchestratorMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _step = meter.CreateHistogram<double>("ddpm.orchestrator.step.duration", "s", "Time of one step of one trajectory, its evaluations included.");
        _checkpoint = meter.CreateHistogram<double>(
            "ddpm.orchestrator.checkpoint.duration", "s", "Time in which the records of a job's trajectories were written, beside its steps.");
        _rows = meter.CreateCounter<long>("ddpm.orchestrator.denoiser.rows", "{row}", "Rows answered by one Denoiser.");
    }

    public void Stepped(TimeSpan duration, string sampler, Priority priority) => _step.Record(
        duration.TotalSeconds,
        new KeyValuePair<string, object?>("ddpm.sampler", sampler),
        new KeyValuePair<string, object?>("ddpm.priority", priority == Priority.Bulk ? "bulk" : "interactive"));

    public void Checkpointed(TimeSpan duration) => _checkpoint.Record(duration.TotalSeconds);

    /// <summary>A Denoiser answered: which one of those that share its address, its IP address tells.</summary>
    public void Answered(int rows, Replica by) => _rows.Add(
        rows,
        new KeyValuePair<string, object?>("ddpm.denoiser.address", by.Address.ToString()),
        new KeyValuePair<string, object?>("network.peer.address", by.Ip?.ToString()));
}
