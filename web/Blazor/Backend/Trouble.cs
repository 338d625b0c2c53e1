using Ddpm.Protocol;
using Grpc.Core;

namespace Ddpm.Web.Backend;

/// <summary>A failed call in words for the person in front of the screen.</summary>
/// <param name="Kind">What sort of failure it is.</param>
/// <param name="Title">One short sentence: what is wrong.</param>
/// <param name="Advice">What happens next, or what to do.</param>
public sealed record Trouble(TroubleKind Kind, string Title, string Advice)
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="exception">The call's failure.</param>
    /// <param name="service">The service that was called, as people know it: <c>Orchestrator</c>, <c>Trainer</c>.</param>
    public static Trouble From(RpcException exception, string service) => exception.StatusCode switch
    {
        StatusCode.Unavailable => new(
            TroubleKind.Unreachable,
            $"The {service} does not answer.",
            "Nothing is lost: jobs go on or continue from their last checkpoint once it is back."),
        StatusCode.DeadlineExceeded => new(
            TroubleKind.Unreachable,
            $"The {service} takes too long to answer.",
            "It may be busy. Nothing is lost."),
        StatusCode.NotFound => new(TroubleKind.NotFound, "This does not exist, or not any more.", Sentence(exception.Status.Detail)),
        StatusCode.ResourceExhausted => new(
            TroubleKind.Busy,
            "There is no room for this at present.",
            $"{Sentence(exception.Status.Detail)} {TryAgain(exception.RetryAfter())}".TrimStart()),
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => new(
            TroubleKind.Refused,
            $"The {service} does not accept the gallery's key.",
            "The gallery sends the first of Security:ApiKeys; it must be one that the service knows."),
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists => new(
            TroubleKind.Refused, "This was not accepted.", Sentence(exception.Status.Detail)),
        StatusCode.DataLoss => new(TroubleKind.Failed, "The model's files are damaged.", Sentence(exception.Status.Detail)),
        _ => new(TroubleKind.Failed, $"The {service} failed.", "Its log says why. Trying again may help."),
    };

    private static string TryAgain(TimeSpan? wait) =>
        wait is { TotalSeconds: >= 1 } known ? $"Try again in {Math.Ceiling(known.TotalSeconds):0} s." : "Try again in a moment.";

    private static string Sentence(string detail) =>
        detail.Length == 0 ? "" : detail.EndsWith('.') ? detail : detail + ".";
}
