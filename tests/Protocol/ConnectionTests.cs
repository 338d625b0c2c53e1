using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Protocol.Tests;

/// <summary>Where a client connects, and under which name.</summary>
public sealed class ConnectionTests
{
    /// <summary>A name that no DNS knows.</summary>
    private const string Host = "denoisers.invalid";

    [Fact]
    public async Task Connect_ToOneReplica_GoesThereUnderTheNameOfAll()
    {
        await using var server = await ServerAsync();
        using var client = Connect("http", server);

        var answer = await Should.ThrowAsync<RpcException>(async () => await client.Models.ListModelsAsync(new ListModelsRequest()));

        answer.Status.Detail.ShouldBe($"127.0.0.2 as {Host}:{PortOf(server)}");
    }

    [Theory]
    [InlineData(Host, "UntrustedRoot")]
    [InlineData("127.0.0.2", "RemoteCertificateNameMismatch")]
    public async Task Connect_ToOneReplicaWithTls_WantsACertificateOfTheName(string subject, string fault)
    {
        var asked = new List<string?>();
        using var certificate = Certificate(subject);
        await using var server = await ServerAsync(endpoint => endpoint.UseHttps(https => https.ServerCertificateSelector = (_, name) =>
        {
            asked.Add(name);
            return certificate;
        }));
        using var client = Connect("https", server);

        var answer = await Should.ThrowAsync<RpcException>(async () => await client.Models.ListModelsAsync(new ListModelsRequest()));

        asked.ShouldContain(Host);
        // Nobody vouches for either certificate, and only one is of another name besides.
        answer.Status.Detail.ShouldContain(fault);
    }

    /// <summary>As one that has been stopped, or is beyond a cable that has been pulled.</summary>
    [Fact]
    public async Task Call_ToAServerThatHasFallenSilent_IsUnavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = DdpmClient.Connect(
            new Uri($"http://{listener.LocalEndpoint}"),
            new DdpmClientOptions { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = TimeSpan.FromSeconds(1) });
        var cancellation = TestContext.Current.CancellationToken;

        using var watch = client.Orchestrator.WatchJob(new WatchJobRequest(), cancellationToken: cancellation);
        using var rows = client.Denoiser.PredictNoiseStream(cancellationToken: cancellation);
        Task[] answers =
        [
            client.Models.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellation).ResponseAsync,
            watch.ResponseStream.MoveNext(cancellation),
            rows.ResponseStream.MoveNext(cancellation),
        ];

        foreach (var answer in answers)
            (await Should.ThrowAsync<RpcException>(answer)).StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public void Connect_PingsMoreOftenThanOnceASecond_IsRefused() => Should.Throw<ArgumentOutOfRangeException>(() =>
        DdpmClient.Connect(new Uri("http://127.0.0.1:1"), new DdpmClientOptions { KeepAlivePingDelay = TimeSpan.FromSeconds(0.5) }));

    private static DdpmClient Connect(string scheme, WebApplication server) => DdpmClient.Connect(
        new Uri($"{scheme}://{Host}:{PortOf(server)}"), new DdpmClientOptions { ConnectTo = IPAddress.Parse("127.0.0.2") });

    /// <summary>Listens on 127.0.0.2 alone, and answers every call with an error that tells where and as whom it was called.</summary>
    private static async Task<WebApplication> ServerAsync(Action<ListenOptions>? configure = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse("127.0.0.2"), 0, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            configure?.Invoke(endpoint);
        }));
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = $"{(int)StatusCode.Unimplemented}";
            context.Response.Headers["grpc-message"] = $"{context.Connection.LocalIpAddress} as {context.Request.Host}";
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return app;
    }

    private static int PortOf(WebApplication server) =>
        new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    private static X509Certificate2 Certificate(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(subject, out var ip))
            names.AddIpAddress(ip);
        else
            names.AddDnsName(subject);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
