using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Names under which requests are counted.</summary>
internal static class Outcomes
{
    /// <summary>The client left before the answer.</summary>
    public const string Left = "client left";

    /// <summary>Under way on a stream that a later message ended.</summary>
    public const string WithItsStream = "ended with its stream";

    /// <summary>A valid request that was answered with the right bytes.</summary>
    public const string Exact = "OK, the same bytes";

    /// <summary>A message of a stream that has no answer of its own.</summary>
    public const string Unanswered = "asks for nothing";

    /// <summary>Anything that must not be.</summary>
    public const string Wrong = "WRONG";

    public static string Of(FuzzCase request, StatusCode status) =>
        status == StatusCode.OK && request.MustAnswer is not null ? Exact : status.ToString();
}
