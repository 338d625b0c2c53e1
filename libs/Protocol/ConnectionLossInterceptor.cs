using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Ddpm.Protocol;

/// <summary>
/// Calls a lost connection UNAVAILABLE, however it was lost. Left alone it is INTERNAL, as a fault of the server is, where pings stay unanswered or where the
/// server ends the connection before it has said anything, as a proxy does whose server does not listen yet.
/// </summary>
internal sealed class ConnectionLossInterceptor : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new(NamedAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new(new Reader<TResponse>(call.ResponseStream, call.GetStatus), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        return new(
            new Writer<TRequest>(call.RequestStream), NamedAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        return new(
            new Writer<TRequest>(call.RequestStream),
            new Reader<TResponse>(call.ResponseStream, call.GetStatus),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    private static async Task<T> NamedAsync<T>(Task<T> task)
    {
        try
        {
            return await task;
        }
        catch (RpcException e) when (IsLoss(e.Status))
        {
            throw Named(e.Status, e.Trailers);
        }
    }

    private static async Task NamedAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (RpcException e) when (IsLoss(e.Status))
        {
            throw Named(e.Status, e.Trailers);
        }
    }

    /// <summary>What a server answers has no exception, and a certificate that is refused will be refused again.</summary>
    private static bool IsLoss(Status status) =>
        status.StatusCode is StatusCode.Internal or StatusCode.Unavailable
        && status.DebugException is IOException or HttpRequestException { HttpRequestError: not HttpRequestError.SecureConnectionError };

    private static RpcException Named(Status status, Metadata trailers) =>
        new(new Status(StatusCode.Unavailable, status.Detail, status.DebugException), trailers);

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, Func<Status> statusOfTheCall) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await NamedAsync(inner.MoveNext(cancellationToken));
            }
            // Where the connection is lost before the server has answered with headers, the reader is cancelled, which nobody has asked for.
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && IsLoss(statusOfTheCall()))
            {
                throw Named(statusOfTheCall(), []);
            }
        }
    }

    private sealed class Writer<T>(IClientStreamWriter<T> inner) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => NamedAsync(inner.WriteAsync(message));

        public Task WriteAsync(T message, CancellationToken cancellationToken) => NamedAsync(inner.WriteAsync(message, cancellationToken));

        public Task CompleteAsync() => NamedAsync(inner.CompleteAsync());
    }
}
