using Grpc.Core;

namespace Ddpm.Web.Browsing;

/// <summary>Keeps what a page shows fresh.</summary>
public static class Freshness
{
    /// <summary>Reads again and again until the page is left.</summary>
    /// <param name="read">Reads and shows; tells of its own failures.</param>
    /// <param name="interval">Time until the next reading, asked for before each.</param>
    /// <param name="time">The clock.</param>
    /// <param name="leaving">The page is left.</param>
    public static async Task KeepAsync(Func<Task> read, Func<TimeSpan> interval, TimeProvider time, CancellationToken leaving)
    {
        try
        {
            while (true)
            {
                await Task.Delay(interval(), time, leaving);
                await read();
            }
        }
        catch (Exception e) when (leaving.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            // Left.
        }
    }
}
