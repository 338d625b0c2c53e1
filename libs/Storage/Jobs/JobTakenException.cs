namespace Ddpm.Storage.Jobs;

/// <summary>Another process has written the event that this one wanted to write: it runs the job now.</summary>
public sealed class JobTakenException(string id) : Exception($"Job {id} is run by another process.");
