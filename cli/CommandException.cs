namespace Ddpm.Cli;

/// <summary>Ends a command with one message for its user and an exit code.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="message">What was wrong, where, and what would be right.</param>
public sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
