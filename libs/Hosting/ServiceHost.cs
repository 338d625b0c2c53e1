using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ddpm.Hosting;

/// <summary>Runs one service as a process; what stops its start is said in a line, without a stack trace.</summary>
public static class ServiceHost
{
    /// <summary>Exit code of a start that was refused.</summary>
    public const int StartFailed = 1;

    /// <summary>Runs until the process is told to stop; with the single argument <c>health</c>, asks a running one how it is instead.</summary>
    /// <param name="args">Command line: <c>--Section:Key=value</c>, or <c>health</c>.</param>
    /// <param name="name">The service's name: <c>denoiser</c>, …</param>
    /// <param name="listen">Where it listens unless configured otherwise.</param>
    /// <param name="add">Adds the service.</param>
    /// <param name="map">Maps its endpoints.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(
        string[] args, string name, ListenOptions listen, Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        if (args is ["health", ..])
            return await HealthProbe.RunAsync(WebApplication.CreateBuilder(args[1..]).Configuration, listen);
        return await RunAsync(name, () =>
        {
            var builder = WebApplication.CreateBuilder(args);
            builder.AddServiceDefaults(name, listen);
            add(builder);
            var app = builder.Build();
            app.MapServiceDefaults();
            map(app);
            return app;
        });
    }

    /// <summary>Builds an application and runs it until it is told to stop.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string name, Func<WebApplication> build)
    {
        try
        {
            await using var app = build();
            await app.StartAsync();
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception e) when (Explain(e) is { } explanation)
        {
            await Console.Error.WriteLineAsync($"ddpm {name} could not start: {explanation}");
            return StartFailed;
        }
    }

    /// <summary>Says in words why a start failed; null when it is a defect that deserves its stack trace.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        OptionsValidationException e => string.Join(" ", e.Failures),
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } e => e.InnerException?.Message ?? e.Message,
        StartRefusedException e => e.Message,
        IOException e when e.InnerException is not null && IsAddressInUse(e) => $"{e.Message} Stop the other process or listen elsewhere ({ListenOptions.Section}:Grpc, {ListenOptions.Section}:Socket, {ListenOptions.Section}:Web).",
        SocketException { SocketErrorCode: SocketError.AccessDenied } e => $"it may not listen there: {e.Message}.",
        IOException e when DiskFull.Is(e) => "the disk is full.",
        IOException e => e.Message,
        UnauthorizedAccessException e => e.Message,
        AggregateException { InnerExceptions: [var inner] } => Explain(inner),
        _ => null,
    };

    private static bool IsAddressInUse(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                return true;
        }
        return false;
    }
}
