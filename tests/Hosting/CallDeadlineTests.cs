using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Answer = Grpc.Health.V1.HealthCheckResponse;
using Request = Grpc.Health.V1.HealthCheckRequest;

namespace Ddpm.Hosting.Tests;

/// <summary>Over HTTP as it is, since a client of gRPC ends a call at its deadline by itself.</summary>
public sealed class CallDeadlineTests
{
    [Theory]
    [InlineData(nameof(ProbeService.CallOne), "20m")]
    [InlineData(nameof(ProbeService.CallOne), "20000u")]
    [InlineData(nameof(ProbeService.CallOne), "20000000n")]
    [InlineData(nameof(ProbeService.CallOne), "0S")]
    [InlineData(nameof(ProbeService.CallUp), "20m")]
    [InlineData(nameof(ProbeService.CallDown), "200m")]
    [InlineData(nameof(ProbeService.CallBoth), "20m")]
    public async Task Call_PastItsDeadline_IsCancelledAndAnswersDeadlineExceeded(string method, string timeout)
    {
        await using var app = await StartAsync();

        var status = await CallAsync(app, $"probe.Probe/{method}", timeout);

        status.ShouldBe(("4", "The call's deadline passed."));
    }

    [Theory]
    [InlineData("1H")]
    [InlineData("99999999H")]
    [InlineData("99999999S")]
    [InlineData("-1m")]
    [InlineData("123456789m")]
    [InlineData("soon")]
    [InlineData("m")]
    public async Task Call_WithTimeOrWithoutAReadableDeadline_IsAnswered(string timeout)
    {
        await using var app = await StartAsync();

        var status = await CallAsync(app, "grpc.health.v1.Health/Check", timeout);

        status.ShouldBe(("0", null));
    }

    private static Task<WebApplication> StartAsync() => ProbeHost.StartAsync(app => app.MapGrpcService<WaitingService>());

    private static async Task<(string? Code, string? Message)> CallAsync(WebApplication app, string rpc, string timeout)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{ProbeHost.AddressOf(app)}/{rpc}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // A message without fields.
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (Of("grpc-status"), Of("grpc-message"));

        // In the headers where there is nothing but the status.
        string? Of(string name) => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values)
            ? Uri.UnescapeDataString(values.Single())
            : null;
    }

    private sealed class WaitingService : ProbeService
    {
        public override Task<Answer> CallOne(Request request, ServerCallContext context) => WaitAsync(context);

        public override Task<Answer> CallUp(IAsyncStreamReader<Request> requests, ServerCallContext context) => WaitAsync(context);

        public override async Task CallDown(Request request, IServerStreamWriter<Answer> answers, ServerCallContext context)
        {
            await answers.WriteAsync(new Answer(), context.CancellationToken);
            await WaitAsync(context);
        }

        public override Task CallBoth(
            IAsyncStreamReader<Request> requests, IServerStreamWriter<Answer> answers, ServerCallContext context) => WaitAsync(context);

        private static async Task<Answer> WaitAsync(ServerCallContext context)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new Answer();
        }
    }
}
