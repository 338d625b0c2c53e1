using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Ddpm.Protocol;

/// <summary>The contract's failures, one line each, and how a client reads them.</summary>
public static class RpcErrors
{
    public static RpcException NotFound(string message) => new(new Grpc.Core.Status(StatusCode.NotFound, message));

    public static RpcException AlreadyExists(string message) => new(new Grpc.Core.Status(StatusCode.AlreadyExists, message));

    public static RpcException FailedPrecondition(string message) => new(new Grpc.Core.Status(StatusCode.FailedPrecondition, message));

    public static RpcException DataLoss(string message) => new(new Grpc.Core.Status(StatusCode.DataLoss, message));

    public static RpcException Unavailable(string message) => new(new Grpc.Core.Status(StatusCode.Unavailable, message));

    public static RpcException Cancelled(string message) => new(new Grpc.Core.Status(StatusCode.Cancelled, message));

    public static RpcException DeadlineExceeded(string message) => new(new Grpc.Core.Status(StatusCode.DeadlineExceeded, message));

    /// <summary>INVALID_ARGUMENT for a single field.</summary>
    public static RpcException Invalid(string field, string rule)
    {
        var violations = new Violations();
        violations.Add(field, rule);
        return violations.ToRpcException();
    }

    /// <summary>RESOURCE_EXHAUSTED with the time after which another try may succeed.</summary>
    public static RpcException ResourceExhausted(string message, TimeSpan retryAfter) => new Google.Rpc.Status
    {
        Code = (int)Code.ResourceExhausted,
        Message = message,
        Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }) },
    }.ToRpcException();

    /// <summary>The fields that an INVALID_ARGUMENT names, with their rules; empty for any other failure.</summary>
    public static IReadOnlyList<(string Field, string Rule)> FieldViolations(this RpcException exception) =>
        exception.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.Select(v => (v.Field, v.Description)).ToList() ?? [];

    /// <summary>The time after which the server says another try may succeed; null when it says nothing.</summary>
    public static TimeSpan? RetryAfter(this RpcException exception) =>
        exception.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
}
