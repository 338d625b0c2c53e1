using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Hosting.Tests;

/// <summary>Requests as bytes, such as no client library would send.</summary>
public sealed class RequestReadingTests : IAsyncLifetime
{
    private const string Unary = "/grpc.health.v1.Health/Check";
    private const string Stream = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
    private const byte Plain = 0;
    private const byte Packed = 1;

    private readonly HttpClient _http = new();
    private WebApplication _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await ProbeHost.StartAsync();
        _http.BaseAddress = new Uri(ProbeHost.AddressOf(_app));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData(Unary)]
    [InlineData(Stream)]
    public async Task Call_OfBytesThatAreNoMessage_IsInvalidArgument(string rpc)
    {
        // Field 1, of four bytes, of which one is there.
        (await StatusAsync(rpc, Frame(Plain, [0x0a, 0x04, 0x61]))).ShouldBe(StatusCode.InvalidArgument);
    }

    [Theory]
    [InlineData(Unary)]
    [InlineData(Stream)]
    public async Task Call_OfFrameThatEndsEarly_IsInvalidArgument(string rpc) =>
        (await StatusAsync(rpc, Frame(Plain, Message(rpc))[..^1])).ShouldBe(StatusCode.InvalidArgument);

    [Theory]
    [InlineData(Unary)]
    [InlineData(Stream)]
    public async Task Call_OfUnknownFlag_IsInvalidArgument(string rpc) =>
        (await StatusAsync(rpc, Frame(2, Message(rpc)))).ShouldBe(StatusCode.InvalidArgument);

    [Theory]
    [InlineData(Unary)]
    [InlineData(Stream)]
    public async Task Call_OfDamagedCompression_IsInvalidArgument(string rpc) =>
        (await StatusAsync(rpc, Frame(Packed, new byte[20]))).ShouldBe(StatusCode.InvalidArgument);

    [Fact]
    public async Task Call_OfNoMessageOrTwo_IsInvalidArgument()
    {
        (await StatusAsync(Unary, [])).ShouldBe(StatusCode.InvalidArgument);
        (await StatusAsync(Unary, [.. Frame(Plain, Message(Unary)), .. Frame(Plain, Message(Unary))])).ShouldBe(StatusCode.InvalidArgument);
    }

    [Theory]
    [InlineData(Unary)]
    [InlineData(Stream)]
    public async Task Call_OfLargestMessage_IsAnsweredAndOfOneByteMoreRefused(string rpc)
    {
        (await StatusAsync(rpc, Frame(Plain, Padded(Message(rpc), 64 << 20)))).ShouldBe(StatusCode.OK);
        (await StatusAsync(rpc, Frame(Plain, Padded(Message(rpc), (64 << 20) + 1)))).ShouldBe(StatusCode.ResourceExhausted);
    }

    [Theory]
    [InlineData(Unary)]
    [InlineData(Stream)]
    public async Task Call_OfMessageThatUnpacksToTheLargest_IsAnsweredAndToOneByteMoreRefused(string rpc)
    {
        (await StatusAsync(rpc, Frame(Packed, Pack(Padded(Message(rpc), 64 << 20))))).ShouldBe(StatusCode.OK);
        (await StatusAsync(rpc, Frame(Packed, Pack(Padded(Message(rpc), (64 << 20) + 1))))).ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task Read_AfterTheCallerLeft_IsCancelled()
    {
        var reader = new LateReader();
        await using var app = await ProbeHost.StartAsync(app => app.MapGrpcService<LateReader>(), services => services.AddSingleton(reader));
        using var channel = GrpcChannel.ForAddress(ProbeHost.AddressOf(app));

        using (var call = channel.CreateCallInvoker().AsyncClientStreamingCall(ProbeService.Up, null, default))
        {
            await call.RequestStream.WriteAsync(new HealthCheckRequest(), Cancellation);
            await reader.Called.WaitAsync(Cancellation);
        }

        (await reader.Failure.WaitAsync(Cancellation)).ShouldBeAssignableTo<OperationCanceledException>();
    }

    private static byte[] Message(string rpc) =>
        rpc == Unary ? new HealthCheckRequest { Service = "" }.ToByteArray() : new ServerReflectionRequest { ListServices = "*" }.ToByteArray();

    /// <summary>The message and a field of zeros that nobody knows.</summary>
    private static byte[] Padded(byte[] message, int length)
    {
        var padded = new byte[length];
        message.CopyTo(padded, 0);
        // Field 1000 of bytes, and its length in four groups of seven bits.
        var field = padded.AsSpan(message.Length);
        (field[0], field[1]) = (0xc2, 0x3e);
        for (var i = 0; i < 4; i++)
            field[2 + i] = (byte)((field.Length - 6 >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
        return padded;
    }

    private static byte[] Pack(byte[] message)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(message);
        return packed.ToArray();
    }

    private static byte[] Frame(byte flag, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private async Task<StatusCode> StatusAsync(string rpc, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, rpc)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.Add("grpc-encoding", "gzip");
        using var response = await _http.SendAsync(request, Cancellation);
        var headers = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        return Enum.Parse<StatusCode>(headers.GetValues("grpc-status").Single());
    }

    /// <summary>Reads only when its caller has gone.</summary>
    private sealed class LateReader : ProbeService
    {
        private readonly TaskCompletionSource _called = new();
        private readonly TaskCompletionSource<Exception?> _failure = new();

        public Task Called => _called.Task;

        public Task<Exception?> Failure => _failure.Task;

        public override Task<HealthCheckResponse> CallOne(HealthCheckRequest request, ServerCallContext context) => throw new NotSupportedException();

        public override async Task<HealthCheckResponse> CallUp(IAsyncStreamReader<HealthCheckRequest> requests, ServerCallContext context)
        {
            _called.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _failure.SetResult(await Record.ExceptionAsync(() => requests.MoveNext(CancellationToken.None)));
            return new HealthCheckResponse();
        }

        public override Task CallDown(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> answers, ServerCallContext context) =>
            throw new NotSupportedException();

        public override Task CallBoth(
            IAsyncStreamReader<HealthCheckRequest> requests, IServerStreamWriter<HealthCheckResponse> answers, ServerCallContext context) =>
            throw new NotSupportedException();
    }
}
