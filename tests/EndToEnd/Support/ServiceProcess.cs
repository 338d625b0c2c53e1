using System.Net;
using System.Net.Sockets;
using Ddpm.Protocol;
using Grpc.Core;
using Grpc.Health.V1;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>A service as its own process, as in production.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private ServiceProcess(RunningProcess process, Uri? grpc, Uri? web)
    {
        Process = process;
        GrpcAddress = grpc;
        WebAddress = web;
    }

    public RunningProcess Process { get; }

    public Uri? GrpcAddress { get; }

    public Uri? WebAddress { get; }

    /// <summary>An address on loopback that nothing listens on.</summary>
    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }

    /// <summary>Starts a service and waits until it is healthy.</summary>
    /// <param name="folder">The project's folder, relative to the root.</param>
    /// <param name="assembly">The program's name.</param>
    /// <param name="grpc">Where its gRPC listens; null: it has none.</param>
    /// <param name="web">Where its pages listen; null: it has none.</param>
    /// <param name="settings">Configuration, <c>Section:Key=value</c>.</param>
    public static async Task<ServiceProcess> StartAsync(string folder, string assembly, Uri? grpc, Uri? web, params string[] settings)
    {
        List<string> arguments = [.. settings.Select(setting => $"--{setting}")];
        if (grpc is not null)
            arguments.Add($"--Listen:Grpc={grpc}");
        if (web is not null)
            arguments.Add($"--Listen:Web={web}");
        var service = new ServiceProcess(RunningProcess.StartDotnet(Repository.Program(folder, assembly), arguments), grpc, web);
        try
        {
            await service.HealthyAsync();
            return service;
        }
        catch (Exception e)
        {
            await service.DisposeAsync();
            throw new InvalidOperationException($"{assembly} did not become healthy:\n{service.Process.Output}\n{service.Process.Error}", e);
        }
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private async Task HealthyAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Patience);
        var healthy = GrpcAddress is not null ? GrpcServesAsync(GrpcAddress, timeout.Token) : WebServesAsync(WebAddress!, timeout.Token);
        var ended = Process.ExitAsync();
        if (await Task.WhenAny(healthy, ended) == ended)
            throw new InvalidOperationException($"It ended with exit code {await ended}.");
        await healthy;
    }

    private static async Task GrpcServesAsync(Uri address, CancellationToken cancellationToken)
    {
        using var client = DdpmClient.Connect(address);
        var health = new Health.HealthClient(client.Invoker);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        HealthCheckResponse answer;
        do
        {
            answer = await health.CheckAsync(new HealthCheckRequest(), new CallOptions(cancellationToken: cancellationToken).WithWaitForReady());
        }
        while (answer.Status is not HealthCheckResponse.Types.ServingStatus.Serving && await timer.WaitForNextTickAsync(cancellationToken));
    }

    private static async Task WebServesAsync(Uri address, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                using var answer = await client.GetAsync(address, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }
}
