using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Keeps what is logged as an error: a defect, though every request may have been answered rightly.</summary>
internal sealed class ErrorLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _errors = new();

    public IReadOnlyCollection<string> Errors => _errors;

    public ILogger CreateLogger(string categoryName) => new Log(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Log(ErrorLog owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && owner._errors.Count < 20)
                owner._errors.Enqueue($"{category}: {formatter(state, exception)} {exception}");
        }
    }
}
