namespace Ddpm.Denoiser;

/// <summary>More rows would wait than may.</summary>
internal sealed class QueueFullException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>Time in which, at the present pace, the rows that wait now are done.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
