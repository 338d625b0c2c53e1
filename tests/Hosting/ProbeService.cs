using Grpc.Core;
using Answer = Grpc.Health.V1.HealthCheckResponse;
using Request = Grpc.Health.V1.HealthCheckRequest;

namespace Ddpm.Hosting.Tests;

/// <summary>A rpc of each kind, as the generator of C# would write them.</summary>
[BindServiceMethod(typeof(ProbeService), nameof(BindService))]
public abstract class ProbeService
{
    public static readonly Method<Request, Answer> One = Make(MethodType.Unary, nameof(CallOne));
    public static readonly Method<Request, Answer> Up = Make(MethodType.ClientStreaming, nameof(CallUp));
    public static readonly Method<Request, Answer> Down = Make(MethodType.ServerStreaming, nameof(CallDown));
    public static readonly Method<Request, Answer> Both = Make(MethodType.DuplexStreaming, nameof(CallBoth));

    public static void BindService(ServiceBinderBase binder, ProbeService? service)
    {
        binder.AddMethod(One, (UnaryServerMethod<Request, Answer>?)(service is null ? null : service.CallOne));
        binder.AddMethod(Up, (ClientStreamingServerMethod<Request, Answer>?)(service is null ? null : service.CallUp));
        binder.AddMethod(Down, (ServerStreamingServerMethod<Request, Answer>?)(service is null ? null : service.CallDown));
        binder.AddMethod(Both, (DuplexStreamingServerMethod<Request, Answer>?)(service is null ? null : service.CallBoth));
    }

    public abstract Task<Answer> CallOne(Request request, ServerCallContext context);

    public abstract Task<Answer> CallUp(IAsyncStreamReader<Request> requests, ServerCallContext context);

    public abstract Task CallDown(Request request, IServerStreamWriter<Answer> answers, ServerCallContext context);

    public abstract Task CallBoth(
        IAsyncStreamReader<Request> requests, IServerStreamWriter<Answer> answers, ServerCallContext context);

    private static Method<Request, Answer> Make(MethodType type, string name) => new(
        type,
        "probe.Probe",
        name,
        Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, Request.Parser.ParseFrom),
        Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, Answer.Parser.ParseFrom));
}
