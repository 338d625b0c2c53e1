using Google.Protobuf;
using Google.Rpc;
using StatusCode = Grpc.Core.StatusCode;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>How a stream's answers belong to its requests: each request is answered once, under its id, unless it only cancels another.</summary>
internal abstract class StreamMatching
{
    /// <summary>The unary rpc with whose statuses a request of the stream is answered.</summary>
    public required string SameAs { get; init; }

    /// <summary>Whether it is answered; if not, it may change the answer to another of its id.</summary>
    public abstract bool IsAnswered(IMessage request);

    public abstract ulong IdOfRequest(IMessage request);

    public abstract void SetIdOfRequest(IMessage request, ulong id);

    public abstract ulong IdOfAnswer(IMessage answer);

    public abstract void SetIdOfAnswer(IMessage answer, ulong id);

    /// <summary>The answer's error; null: it has none.</summary>
    public abstract Status? ErrorOf(IMessage answer);

    public StatusCode StatusOf(IMessage answer) => (StatusCode)(ErrorOf(answer)?.Code ?? 0);

    public TimeSpan? RetryAfter(IMessage answer) => ErrorOf(answer)?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan();
}

/// <inheritdoc/>
internal sealed class StreamMatching<TRequest, TAnswer>(
    Func<TRequest, bool> isAnswered,
    Func<TRequest, ulong> idOfRequest,
    Action<TRequest, ulong> setIdOfRequest,
    Func<TAnswer, ulong> idOfAnswer,
    Action<TAnswer, ulong> setIdOfAnswer,
    Func<TAnswer, Status?> errorOf) : StreamMatching
    where TRequest : IMessage
    where TAnswer : IMessage
{
    public override bool IsAnswered(IMessage request) => isAnswered((TRequest)request);

    public override ulong IdOfRequest(IMessage request) => idOfRequest((TRequest)request);

    public override void SetIdOfRequest(IMessage request, ulong id) => setIdOfRequest((TRequest)request, id);

    public override ulong IdOfAnswer(IMessage answer) => idOfAnswer((TAnswer)answer);

    public override void SetIdOfAnswer(IMessage answer, ulong id) => setIdOfAnswer((TAnswer)answer, id);

    public override Status? ErrorOf(IMessage answer) => errorOf((TAnswer)answer);
}
