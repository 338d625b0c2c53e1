using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Hosting.Tests;

public class ServiceHostTests
{
    private const string Key = "0123456789abcdef";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--Listen:Grpc=http://0.0.0.0:0", "Security")]
    [InlineData("--Listen:Grpc=https://0.0.0.0:0", "Security")]
    [InlineData("--Listen:Grpc=http://example.org:0", "Listen:Grpc")]
    [InlineData("--Listen:Grpc=ftp://127.0.0.1:0", "Listen:Grpc")]
    [InlineData("--Listen:Socket=run/grpc.sock", "Listen:Socket")]
    [InlineData("--Security:ApiKeys:0=short", "Security:ApiKeys:0")]
    [InlineData("--Security:Insecrue=true", "Insecrue")]
    [InlineData("--Probe:Level=12", "Probe:Level must be 1 to 9")]
    public async Task StartAsync_BadSetting_IsRefusedByName(string argument, string named)
    {
        var error = await Should.ThrowAsync<Exception>(async () =>
        {
            await using var app = Build(argument);
            await app.StartAsync(Cancellation);
        });
        ServiceHost.Explain(error).ShouldNotBeNull().ShouldContain(named);
    }

    [Fact]
    public async Task StartAsync_BeyondLoopbackWithInsecure_Starts()
    {
        await using var app = Build("--Listen:Grpc=http://0.0.0.0:0", "--Security:Insecure=true");
        await app.StartAsync(Cancellation);
        await app.StopAsync(Cancellation);
    }

    [Fact]
    public async Task StartAsync_PortInUse_SaysSoInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var app = Build($"--Listen:Grpc=http://{taken.LocalEndpoint}");

        var error = await Should.ThrowAsync<Exception>(() => app.StartAsync(Cancellation));

        var explanation = ServiceHost.Explain(error).ShouldNotBeNull();
        explanation.ShouldContain(taken.LocalEndpoint.ToString()!);
        explanation.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Call_WithoutKeyWhereOneIsNeeded_IsUnauthenticatedButHealthAnswers()
    {
        await using var app = Build($"--Security:ApiKeys:0={Key}");
        await app.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = Address(app) };

        (await StatusAsync(http, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(http, new("Bearer", "fedcba9876543210"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(http, new("Bearer", Key))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(http, new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{Key}"))))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(http, new("Basic", "%%%"))).ShouldBe(HttpStatusCode.Unauthorized);

        using var channel = GrpcChannel.ForAddress(Address(app));
        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation);
        health.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        await app.StopAsync(Cancellation);
    }

    [Fact]
    public async Task RunAsync_StartRefused_AnswersExitCodeOne()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var code = await ServiceHost.RunAsync(
            [$"--Listen:Grpc=http://{taken.LocalEndpoint}"], "probe", new ListenOptions(), _ => { }, _ => { });
        code.ShouldBe(ServiceHost.StartFailed);
    }

    private static WebApplication Build(params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(arguments);
        builder.AddServiceDefaults("probe", new ListenOptions { Grpc = new Uri("http://127.0.0.1:0") });
        builder.Services.AddValidatedOptions<ProbeOptions>("Probe");
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapGet("/", () => "ok");
        return app;
    }

    private static Uri Address(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Headers = { Authorization = authorization } };
        using var response = await http.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private sealed class ProbeOptions
    {
        [Range(1, 9, ErrorMessage = "Probe:Level must be 1 to 9.")]
        public int Level { get; set; } = 1;
    }
}
