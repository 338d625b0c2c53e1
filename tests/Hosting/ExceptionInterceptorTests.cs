using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Answer = Grpc.Health.V1.HealthCheckResponse;
using Request = Grpc.Health.V1.HealthCheckRequest;

namespace Ddpm.Hosting.Tests;

public sealed class ExceptionInterceptorTests
{
    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task Call_ThatFailsUnforeseen_IsInternalWithoutDetails(MethodType kind)
    {
        await using var app = await ProbeHost.StartAsync(app => app.MapGrpcService<FailingService>());
        using var channel = GrpcChannel.ForAddress(ProbeHost.AddressOf(app));
        var invoker = channel.CreateCallInvoker();
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        var request = new Request();

        var failure = await Should.ThrowAsync<RpcException>(() => kind switch
        {
            MethodType.Unary => invoker.AsyncUnaryCall(ProbeService.One, null, options, request).ResponseAsync,
            MethodType.ClientStreaming => invoker.AsyncClientStreamingCall(ProbeService.Up, null, options).ResponseAsync,
            MethodType.ServerStreaming => invoker.AsyncServerStreamingCall(ProbeService.Down, null, options, request).ResponseStream.MoveNext(),
            _ => invoker.AsyncDuplexStreamingCall(ProbeService.Both, null, options).ResponseStream.MoveNext(),
        });

        failure.Status.ShouldBe(new Status(StatusCode.Internal, "The server failed unexpectedly; its log says why."));
    }

    private sealed class FailingService : ProbeService
    {
        public override Task<Answer> CallOne(Request request, ServerCallContext context) => throw Failure();

        public override Task<Answer> CallUp(IAsyncStreamReader<Request> requests, ServerCallContext context) => throw Failure();

        public override Task CallDown(Request request, IServerStreamWriter<Answer> answers, ServerCallContext context) =>
            throw Failure();

        public override Task CallBoth(
            IAsyncStreamReader<Request> requests, IServerStreamWriter<Answer> answers, ServerCallContext context) =>
            throw Failure();

        private static InvalidOperationException Failure() => new("a secret");
    }
}
