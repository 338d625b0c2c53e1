using System.Diagnostics.Metrics;
using Ddpm.Hosting;
using Ddpm.V1;

namespace Ddpm.Orchestrator;

/// <summary>What an operator watches, on the meter <c>Ddpm.Orchestrator</c>.</summary>
internal sealed class OrchestratorMetrics
{
    public const string MeterName = ServiceDefaults.TelemetryPrefix + "Orchestrator";

    private readonly Histogram<double> _step;

    public OrchestratorMetrics(IMeterFactory meters) => _step = meters.Create(MeterName).CreateHistogram<double>(
        "ddpm.orchestrator.step.duration", "s", "Time of one step of one trajectory, its evaluations included.");

    public void Stepped(TimeSpan duration, string sampler, Priority priority) => _step.Record(
        duration.TotalSeconds,
        new KeyValuePair<string, object?>("ddpm.sampler", sampler),
        new KeyValuePair<string, object?>("ddpm.priority", priority == Priority.Bulk ? "bulk" : "interactive"));
}
