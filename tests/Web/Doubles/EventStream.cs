using System.Threading.Channels;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>One WatchJob stream that a test writes to.</summary>
internal sealed class EventStream : IAsyncStreamReader<WatchJobResponse>
{
    private readonly Channel<WatchJobResponse> _events = Channel.CreateUnbounded<WatchJobResponse>();

    public WatchJobResponse Current { get; private set; } = new();

    public void Send(JobEvent happened) => _events.Writer.TryWrite(new WatchJobResponse { Event = happened });

    public void Break() => _events.Writer.Complete(Calls.Unavailable());

    public void End() => _events.Writer.Complete();

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _events.Reader.WaitToReadAsync(cancellationToken))
            return false;
        Current = await _events.Reader.ReadAsync(cancellationToken);
        return true;
    }
}
