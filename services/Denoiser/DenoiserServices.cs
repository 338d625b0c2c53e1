using Ddpm.Hosting;
using Ddpm.Storage;

namespace Ddpm.Denoiser;

/// <summary>Adds the Denoiser to a process.</summary>
public static class DenoiserServices
{
    /// <summary>Needs <c>AddServiceDefaults</c>.</summary>
    public static WebApplicationBuilder AddDenoiser(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<DenoiserOptions>(DenoiserOptions.Section);
        services.AddValidatedOptions<StorageOptions>(StorageOptions.Section);
        services.AddModelStore();
        services.AddSingleton(DenoisingEngines.Choose);
        services.AddSingleton<DenoiserMetrics>();
        services.AddSingleton<NetworkCache>();
        services.AddSingleton<RowScheduler>();
        services.AddHostedService(provider => provider.GetRequiredService<RowScheduler>());
        services.AddHostedService<NetworkPreloading>();
        services.AddSingleton<NoisePrediction>();
        services.AddSingleton<GradientNetworks>();
        services.AddSingleton<ProductPrediction>();
        services.AddSingleton(provider => new LocalPrediction(
            provider.GetRequiredService<NoisePrediction>(),
            provider.GetRequiredService<ProductPrediction>(),
            provider.GetRequiredService<ILogger<LocalPrediction>>()));
        services.AddSingleton<ModelLookup>();
        services.AddSingleton<ModelInference>();
        return builder;
    }

    public static WebApplication MapDenoiser(this WebApplication app)
    {
        app.MapGrpcService<DenoiserGrpcService>();
        app.MapGrpcService<InferenceGrpcService>();
        return app;
    }
}
