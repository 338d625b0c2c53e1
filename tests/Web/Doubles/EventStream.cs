using System.Threading.Channels;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>A stream of answers that a test writes to.</summary>
internal sealed class EventStream<T> : IAsyncStreamReader<T>
    where T : new()
{
    private readonly Channel<T> _answers = Channel.CreateUnbounded<T>();

    public T Current { get; private set; } = new();

    public void Send(T answer) => _answers.Writer.TryWrite(answer);

    public void Break() => _answers.Writer.TryComplete(Calls.Unavailable());

    public void Fail(Exception failure) => _answers.Writer.TryComplete(failure);

    public void End() => _answers.Writer.TryComplete();

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _answers.Reader.WaitToReadAsync(cancellationToken))
            return false;
        Current = await _answers.Reader.ReadAsync(cancellationToken);
        return true;
    }
}
