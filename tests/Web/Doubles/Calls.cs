using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>Calls as a generated client returns them, without a server.</summary>
internal static class Calls
{
    public static AsyncUnaryCall<T> Of<T>(T response) => Of(Task.FromResult(response));

    public static AsyncUnaryCall<T> Failing<T>(RpcException failure) => Of(Task.FromException<T>(failure));

    public static AsyncUnaryCall<T> Of<T>(Task<T> response) =>
        new(response, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

    /// <summary>What <paramref name="answer"/> returns or throws; <paramref name="failure"/> instead where there is one.</summary>
    public static AsyncUnaryCall<T> Answer<T>(Func<T> answer, RpcException? failure)
    {
        try
        {
            return failure is null ? Of(answer()) : Failing<T>(failure);
        }
        catch (RpcException e)
        {
            return Failing<T>(e);
        }
    }

    public static AsyncServerStreamingCall<T> Stream<T>(IAsyncStreamReader<T> reader) =>
        new(reader, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

    public static RpcException Unavailable() => new(new Status(StatusCode.Unavailable, "connection refused"));
}
