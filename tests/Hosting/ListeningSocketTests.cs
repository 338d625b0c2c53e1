using System.Net.Sockets;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;

namespace Ddpm.Hosting.Tests;

public sealed class ListeningSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Path => System.IO.Path.Combine(_folder, "grpc.sock");

    [Fact]
    public async Task StartAsync_WithSocket_AnswersThereAndLetsOnlyTheOwnerIn()
    {
        await using var app = await StartAsync();

        (await ServesAsync()).ShouldBeTrue();
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task StartAsync_WhereALostProcessLeftItsSocket_ReplacesIt()
    {
        // Renamed, the file is not removed with the socket that made it.
        var bound = System.IO.Path.Combine(_folder, "bound");
        using (var lost = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            lost.Bind(new UnixDomainSocketEndPoint(bound));
            File.Move(bound, Path);
        }
        File.Exists(Path).ShouldBeTrue();

        await using var app = await StartAsync();

        (await ServesAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task StartAsync_WhereAFileLies_IsRefusedAndKeepsTheFile()
    {
        await File.WriteAllTextAsync(Path, "not a socket", Cancellation);

        var error = await Should.ThrowAsync<Exception>(StartAsync);

        ServiceHost.Explain(error).ShouldBe($"Listen:Socket is '{Path}', where something else lies.");
        (await File.ReadAllTextAsync(Path, Cancellation)).ShouldBe("not a socket");
    }

    [Fact]
    public async Task StartAsync_WhereAnotherListens_IsRefusedAndLeavesItListening()
    {
        await using var first = await StartAsync();

        var error = await Should.ThrowAsync<Exception>(StartAsync);

        ServiceHost.Explain(error).ShouldNotBeNull().ShouldContain(Path);
        (await ServesAsync()).ShouldBeTrue();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateBuilder([$"--Listen:Socket={Path}"]);
        builder.AddServiceDefaults("probe", new ListenOptions { Grpc = new Uri("http://127.0.0.1:0") });
        var app = builder.Build();
        app.MapServiceDefaults();
        await app.StartAsync(Cancellation);
        return app;
    }

    private async Task<bool> ServesAsync()
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });
        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation);
        return health.Status == HealthCheckResponse.Types.ServingStatus.Serving;
    }
}
