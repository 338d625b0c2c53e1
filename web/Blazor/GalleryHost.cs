using System.Security.Cryptography;
using Ddpm.Hosting;
using Ddpm.Web.Backend;
using Ddpm.Web.Components;
using Ddpm.Web.Creating;
using Ddpm.Web.Media;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.FileProviders;
using MudBlazor;
using MudBlazor.Services;

namespace Ddpm.Web;

/// <summary>Puts the gallery into a process: its own, or one that hosts other services too.</summary>
public static class GalleryHost
{
    public static WebApplicationBuilder AddGallery(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<GalleryOptions>(GalleryOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ClusterConnections>();
        services.AddSingleton(provider => provider.GetRequiredService<ClusterConnections>().Clients);
        // Six digits are enough to differ and short enough to tell someone.
        services.AddTransient(_ => new CreateForm(() => (ulong)RandomNumberGenerator.GetInt32(1_000_000)));
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices(options =>
        {
            options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter;
            options.SnackbarConfiguration.VisibleStateDuration = 4000;
        });
        KeepKeys(builder);
        FindStaticFiles(builder);
        return builder;
    }

    public static WebApplication MapGallery(this WebApplication app)
    {
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapMedia();
        app.MapModels();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        return app;
    }

    private static void KeepKeys(WebApplicationBuilder builder)
    {
        if (builder.Configuration[$"{GalleryOptions.Section}:{nameof(GalleryOptions.KeysFolder)}"] is not { Length: > 0 } folder)
            return;
        // At the start, where a folder that may not be made is said; ASP.NET would go on with keys that end with the process.
        builder.Services.AddDataProtection().SetApplicationName("ddpm-gallery").PersistKeysToFileSystem(Directory.CreateDirectory(folder));
    }

    /// <summary>
    /// The files' manifest always lies beside the assembly that hosts the gallery. A build has the files in their source folders,
    /// named by a second manifest, which is read in Development alone unless asked for; a published copy has them in
    /// <c>wwwroot</c> beside the assembly, which need not be the current folder.
    /// </summary>
    private static void FindStaticFiles(WebApplicationBuilder builder)
    {
        builder.WebHost.UseStaticWebAssets();
        var published = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (Directory.Exists(published))
        {
            builder.Environment.WebRootPath = published;
            builder.Environment.WebRootFileProvider = new PhysicalFileProvider(published);
        }
    }
}
