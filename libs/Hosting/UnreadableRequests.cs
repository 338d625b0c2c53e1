using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace Ddpm.Hosting;

/// <summary>
/// What cannot be read as a request is the caller's mistake: INVALID_ARGUMENT. The library answers UNKNOWN or INTERNAL, which say that the
/// server has a defect. Where requests are a stream the failure passes through here; a single one is read before any interceptor is called,
/// and <see cref="AnswerAsync"/> amends the answer.
/// </summary>
internal sealed class UnreadableRequests : Interceptor
{
    private const string Message = "The request cannot be read: its bytes are not a message, in a frame of gRPC, of the type that this rpc takes.";

    private static readonly object IsRead = new();

    /// <summary>Middleware around the services.</summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var headers = context.Response.Headers;
        if (context.Response.HasStarted || context.Items.ContainsKey(IsRead) || !IsDefect(headers.GrpcStatus))
            return;
        headers.GrpcStatus = ((int)StatusCode.InvalidArgument).ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers.GrpcMessage = Message;
    }

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Items[IsRead] = true;
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Items[IsRead] = true;
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Items[IsRead] = true;
        return continuation(new Reader<TRequest>(requestStream, context), context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        context.GetHttpContext().Items[IsRead] = true;
        return continuation(new Reader<TRequest>(requestStream, context), responseStream, context);
    }

    private static bool IsDefect(string? status) =>
        int.TryParse(status, out var code) && (StatusCode)code is StatusCode.Unknown or StatusCode.Internal;

    private sealed class Reader<T>(IAsyncStreamReader<T> requests, ServerCallContext context) : IAsyncStreamReader<T>
    {
        public T Current => requests.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await requests.MoveNext(cancellationToken);
            }
            catch (InvalidOperationException) when (context.CancellationToken.IsCancellationRequested)
            {
                // The library's word for a caller who went away before the read began; one who goes away during it cancels the read.
                throw new OperationCanceledException(context.CancellationToken);
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, Message, e));
            }
        }

        /// <summary>A caller who went away has broken off, not written wrongly; a status that says more than INTERNAL is left as it is.</summary>
        private bool IsUnreadable(Exception exception) =>
            !context.CancellationToken.IsCancellationRequested
            && exception is not OperationCanceledException
            && (exception is not RpcException rpc || rpc.StatusCode == StatusCode.Internal);
    }
}
