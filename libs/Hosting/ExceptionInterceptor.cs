using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Ddpm.Hosting;

/// <summary>Gives every failure an exact status: what nobody foresaw becomes INTERNAL, logged here and without details for the caller.</summary>
internal sealed partial class ExceptionInterceptor(ILogger<ExceptionInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            case OperationCanceledException or IOException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(CallDeadlines.StatusOf(context));
            case OperationCanceledException:
                return new RpcException(new Status(StatusCode.Unavailable, "The server is shutting down."));
            case IOException e when DiskFull.Is(e):
                LogUnexpected(logger, context.Method, exception);
                return new RpcException(new Status(StatusCode.ResourceExhausted, DiskFull.Message));
            case IOException e when StorageAway.Is(e):
                LogUnexpected(logger, context.Method, exception);
                return new RpcException(new Status(StatusCode.Unavailable, StorageAway.Message));
            default:
                LogUnexpected(logger, context.Method, exception);
                return new RpcException(new Status(StatusCode.Internal, "The server failed unexpectedly; its log says why."));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} failed")]
    private static partial void LogUnexpected(ILogger logger, string method, Exception exception);
}
