using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Hosting.Tests;

/// <summary>A process with what every process has, and nothing more.</summary>
internal static class ProbeHost
{
    /// <param name="map">Maps rpcs of the test.</param>
    /// <param name="add">Adds what they need.</param>
    public static async Task<WebApplication> StartAsync(Action<WebApplication>? map = null, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults("probe", new ListenOptions { Grpc = new Uri("http://127.0.0.1:0") });
        add?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapServiceDefaults();
        map?.Invoke(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    public static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
}
