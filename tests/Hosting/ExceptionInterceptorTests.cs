using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
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
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults("probe", new ListenOptions { Grpc = new Uri("http://127.0.0.1:0") });
        await using var app = builder.Build();
        app.MapServiceDefaults();
        app.MapGrpcService<FailingService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var channel = GrpcChannel.ForAddress(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var invoker = channel.CreateCallInvoker();
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        var request = new Request();

        var failure = await Should.ThrowAsync<RpcException>(() => kind switch
        {
            MethodType.Unary => invoker.AsyncUnaryCall(FailingServiceBase.One, null, options, request).ResponseAsync,
            MethodType.ClientStreaming => invoker.AsyncClientStreamingCall(FailingServiceBase.Up, null, options).ResponseAsync,
            MethodType.ServerStreaming => invoker.AsyncServerStreamingCall(FailingServiceBase.Down, null, options, request).ResponseStream.MoveNext(),
            _ => invoker.AsyncDuplexStreamingCall(FailingServiceBase.Both, null, options).ResponseStream.MoveNext(),
        });

        failure.Status.ShouldBe(new Status(StatusCode.Internal, "The server failed unexpectedly; its log says why."));
    }

    /// <summary>A rpc of each kind, as the generator of C# would write them.</summary>
    [BindServiceMethod(typeof(FailingServiceBase), nameof(BindService))]
    public abstract class FailingServiceBase
    {
        public static readonly Method<Request, Answer> One = Make(MethodType.Unary, nameof(FailOne));
        public static readonly Method<Request, Answer> Up = Make(MethodType.ClientStreaming, nameof(FailUp));
        public static readonly Method<Request, Answer> Down = Make(MethodType.ServerStreaming, nameof(FailDown));
        public static readonly Method<Request, Answer> Both = Make(MethodType.DuplexStreaming, nameof(FailBoth));

        public static void BindService(ServiceBinderBase binder, FailingServiceBase? service)
        {
            binder.AddMethod(One, (UnaryServerMethod<Request, Answer>?)(service is null ? null : service.FailOne));
            binder.AddMethod(Up, (ClientStreamingServerMethod<Request, Answer>?)(service is null ? null : service.FailUp));
            binder.AddMethod(Down, (ServerStreamingServerMethod<Request, Answer>?)(service is null ? null : service.FailDown));
            binder.AddMethod(Both, (DuplexStreamingServerMethod<Request, Answer>?)(service is null ? null : service.FailBoth));
        }

        public abstract Task<Answer> FailOne(Request request, ServerCallContext context);

        public abstract Task<Answer> FailUp(IAsyncStreamReader<Request> requests, ServerCallContext context);

        public abstract Task FailDown(Request request, IServerStreamWriter<Answer> answers, ServerCallContext context);

        public abstract Task FailBoth(
            IAsyncStreamReader<Request> requests, IServerStreamWriter<Answer> answers, ServerCallContext context);

        private static Method<Request, Answer> Make(MethodType type, string name) => new(
            type,
            "probe.Failing",
            name,
            Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, Request.Parser.ParseFrom),
            Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, Answer.Parser.ParseFrom));
    }

    private sealed class FailingService : FailingServiceBase
    {
        public override Task<Answer> FailOne(Request request, ServerCallContext context) => throw Failure();

        public override Task<Answer> FailUp(IAsyncStreamReader<Request> requests, ServerCallContext context) => throw Failure();

        public override Task FailDown(Request request, IServerStreamWriter<Answer> answers, ServerCallContext context) =>
            throw Failure();

        public override Task FailBoth(
            IAsyncStreamReader<Request> requests, IServerStreamWriter<Answer> answers, ServerCallContext context) =>
            throw Failure();

        private static InvalidOperationException Failure() => new("a secret");
    }
}
