namespace Ddpm.Orchestrator.Jobs;

/// <summary>A job was deleted while something was to be written of it.</summary>
internal sealed class JobGoneException(string jobId) : Exception($"Job {jobId} was deleted.");
