using Google.Rpc;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>How a call ended.</summary>
/// <param name="Code">The status.</param>
/// <param name="Message">For people.</param>
/// <param name="Details">A <c>google.rpc.Status</c> in base64; null: none came.</param>
internal sealed record WireStatus(StatusCode Code, string Message, string? Details)
{
    /// <summary>The time after which the server says another try may succeed; null when it says nothing.</summary>
    public TimeSpan? RetryAfter => Details is null
        ? null
        : Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(Details.PadRight((Details.Length + 3) / 4 * 4, '=')))
            .GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan();
}
