namespace Ddpm.Orchestrator;

/// <summary>
/// What Orleans cannot go on after, above all that the other replicas have given this one up while it was paused or cut off. Its jobs are theirs now: it ends,
/// and whoever started it starts it anew.
/// </summary>
internal sealed class SiloOutcast : IFatalErrorHandler
{
    /// <summary>Exit code of a process that its cluster has given up.</summary>
    public const int ExitCode = 3;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        // Past the log, which is written later than this process lives.
        Console.Error.WriteLine($"ddpm orchestrator ends, to be started anew: {context ?? exception?.Message}");
        // Nothing is to be saved: what counts is written down, and writing more is what must not happen.
        Environment.Exit(ExitCode);
    }
}
