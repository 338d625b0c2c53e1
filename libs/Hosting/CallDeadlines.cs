using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Hosting;

/// <summary>
/// Keeps the deadline of a call, in the library's place. The library ends the response from a timer's thread, whatever the call is writing at that moment:
/// once in some fifty thousand calls that run into their deadline the client gets half a message. Here a deadline cancels the call, which then answers
/// DEADLINE_EXCEEDED by itself.
/// </summary>
internal static class CallDeadlines
{
    private const string Header = "grpc-timeout";
    private const string Message = "The call's deadline passed.";

    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);
    private static readonly object Passed = new();

    /// <summary>What a call that was cancelled answers.</summary>
    public static Status StatusOf(ServerCallContext context) => HasPassed(context.GetHttpContext())
        ? new Status(StatusCode.DeadlineExceeded, Message)
        : new Status(StatusCode.Cancelled, "The caller went away.");

    /// <summary>Middleware around the services.</summary>
    public static async Task KeepAsync(HttpContext context, RequestDelegate next)
    {
        if (!TryParse(context.Request.Headers[Header], out var limit))
        {
            await next(context);
            return;
        }
        context.Request.Headers.Remove(Header);
        var disconnected = context.RequestAborted;
        using var timeout = new CancellationTokenSource(limit, context.RequestServices.GetRequiredService<TimeProvider>());
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(disconnected, timeout.Token);
        context.Items[Passed] = timeout.Token;
        context.RequestAborted = ending.Token;
        try
        {
            await next(context);
        }
        finally
        {
            context.RequestAborted = disconnected;
        }
        Amend(context);
    }

    /// <summary>A request that was still being read has not come to where its failure would have been translated.</summary>
    private static void Amend(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (context.Response.HasStarted || !HasPassed(context) || headers.GrpcStatus.Count == 0 || headers.GrpcStatus == "0")
            return;
        headers.GrpcStatus = ((int)StatusCode.DeadlineExceeded).ToString(CultureInfo.InvariantCulture);
        headers.GrpcMessage = Message;
    }

    private static bool HasPassed(HttpContext context) =>
        context.Items.TryGetValue(Passed, out var token) && token is CancellationToken { IsCancellationRequested: true };

    /// <summary>At most eight digits and a unit (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Timeout).</summary>
    private static bool TryParse(string? value, out TimeSpan limit)
    {
        limit = default;
        if (value is not { Length: >= 2 and <= 9 } || !int.TryParse(value.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        var ticks = value[^1] switch
        {
            'H' => count * (Int128)TimeSpan.TicksPerHour,
            'M' => count * (Int128)TimeSpan.TicksPerMinute,
            'S' => count * (Int128)TimeSpan.TicksPerSecond,
            'm' => count * (Int128)TimeSpan.TicksPerMillisecond,
            'u' => count * (Int128)TimeSpan.TicksPerMicrosecond,
            'n' => count / TimeSpan.NanosecondsPerTick,
            _ => -1,
        };
        if (ticks < 0)
            return false;
        limit = TimeSpan.FromTicks((long)Int128.Min(ticks, LongestTimer.Ticks));
        return true;
    }
}
