using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Following;

/// <summary>Takes up what is followed again after each lost connection, with pauses that grow until something is heard.</summary>
/// <param name="service">Who answers, for people.</param>
/// <param name="time">Measures the pauses.</param>
internal sealed class FollowLoop(string service, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private TimeSpan _pause;

    /// <summary>Something is heard: the next pause is none.</summary>
    public void Heard() => _pause = TimeSpan.Zero;

    /// <summary>Follows until the end, until there is nothing to follow, or until it is cancelled; never throws for these.</summary>
    /// <param name="follow">Asks and listens once; true at the end.</param>
    /// <param name="troubled">Told why nothing is heard, and whether it is that there is no such thing, which ends it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Func<Task<bool>> follow, Action<Trouble, bool> troubled, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (_pause > TimeSpan.Zero)
                    await Task.Delay(_pause, time, cancellationToken);
                if (await follow())
                    return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                troubled(Trouble.From(e, service), true);
                return;
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                troubled(Trouble.From(e, service), false);
            }
            catch (Exception e) when (cancellationToken.IsCancellationRequested && e is RpcException or OperationCanceledException)
            {
                return;
            }
            _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }
}
