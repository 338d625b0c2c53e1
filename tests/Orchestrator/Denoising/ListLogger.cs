using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>Remembers what was logged at each level.</summary>
internal sealed class ListLogger<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(LogLevel Level, string Message)> _logged = new();

    public IReadOnlyList<string> At(LogLevel level) => [.. _logged.Where(entry => entry.Level == level).Select(entry => entry.Message)];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _logged.Enqueue((logLevel, formatter(state, exception)));
}
