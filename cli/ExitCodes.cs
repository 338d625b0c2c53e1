using Grpc.Core;

namespace Ddpm.Cli;

/// <summary>What the process answers its caller; documented in docs/cli.md and in <c>ddpm --help</c>.</summary>
public static class ExitCodes
{
    public const int Success = 0;

    /// <summary>A failure that no other code names: a file that cannot be written, a full queue, a defect of the server.</summary>
    public const int Failure = 1;

    /// <summary>The command line, or a value in it, breaks a rule.</summary>
    public const int Usage = 2;

    /// <summary>No such model, version, job, run or file.</summary>
    public const int NotFound = 3;

    /// <summary>No server answers, or it does not accept the key.</summary>
    public const int Unavailable = 4;

    /// <summary>The job or run began and failed.</summary>
    public const int JobFailed = 5;

    /// <summary>Interrupted: 128 + SIGINT, as shells do.</summary>
    public const int Cancelled = 130;

    public static int Of(StatusCode status) => status switch
    {
        StatusCode.OK => Success,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => Usage,
        StatusCode.NotFound => NotFound,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unauthenticated or StatusCode.PermissionDenied => Unavailable,
        StatusCode.Cancelled => Cancelled,
        _ => Failure,
    };
}
