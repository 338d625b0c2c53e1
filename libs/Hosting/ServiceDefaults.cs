using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ddpm.Hosting;

/// <summary>What every process shares: listening, authentication, gRPC with health and reflection, telemetry, quiet logs.</summary>
public static class ServiceDefaults
{
    /// <summary>Largest gRPC message in bytes that a service takes: 64 MiB, some 20 rows of 3×512×512 float32.</summary>
    public const int MaximumMessageBytes = 64 * 1024 * 1024;

    /// <summary>Prefix of every meter and activity source of this system.</summary>
    public const string TelemetryPrefix = "Ddpm.";

    /// <param name="builder">The process.</param>
    /// <param name="name">Its name in telemetry: <c>denoiser</c>, <c>orchestrator</c>, …</param>
    /// <param name="listen">Where it listens unless section <c>Listen</c> says otherwise.</param>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string name, ListenOptions listen)
    {
        builder.Configuration.AddSecretFiles();
        var services = builder.Services;
        services.AddOptions<ListenOptions>().Configure(options => (options.Grpc, options.Socket, options.Web) = (listen.Grpc, listen.Socket, listen.Web));
        services.AddValidatedOptions<ListenOptions>(ListenOptions.Section)
            .Validate<Microsoft.Extensions.Options.IOptions<SecurityOptions>>(
                (options, security) => security.Value.Refusal(options) is null,
                $"An address of section {ListenOptions.Section} can be reached from other machines and needs https:// and "
                + $"{SecurityOptions.Section}:ApiKeys; or set {SecurityOptions.Section}:Insecure=true to accept the risk.");
        services.AddValidatedOptions<SecurityOptions>(SecurityOptions.Section);
        services.ConfigureOptions<ConfigureKestrel>();
        services.AddHostedService<ListeningSocket>();
        services.TryAddSingleton(TimeProvider.System);

        services.AddAuthentication(ApiKeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());

        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MaximumMessageBytes;
            options.MaxSendMessageSize = MaximumMessageBytes;
            options.Interceptors.Add<ExceptionInterceptor>();
            options.Interceptors.Add<UnreadableRequests>();
        });
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks().AddCheck("process", () => Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy());

        AddTelemetry(builder, name);
        QuietLogs(builder.Logging);
        services.AddHostedService<InsecureWarning>();
        return builder;
    }

    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.Use(CallDeadlines.KeepAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(LargeMessages.LetThroughAsync);
        app.Use(UnreadableRequests.AnswerAsync);
        app.MapGrpcHealthChecksService().AllowAnonymous();
        app.MapGrpcReflectionService();
        return app;
    }

    private static void AddTelemetry(WebApplicationBuilder builder, string name)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"ddpm-{name}"))
            .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddMeter(TelemetryPrefix + "*"))
            .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddSource(TelemetryPrefix + "*"));
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            telemetry.UseOtlpExporter();
    }

    private static void QuietLogs(ILoggingBuilder logging)
    {
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);
        logging.AddFilter("Orleans", LogLevel.Error);
        logging.AddFilter("Polly", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Warning);
        // What a service throws ExceptionInterceptor logs. What is left is requests that cannot be read: their senders must not fill the log.
        logging.AddFilter("Grpc.AspNetCore.Server.ServerCallHandler", LogLevel.Critical);
        // Authentication brings the keys that protect cookies, which nobody here has; the gallery has a folder for its own.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // A failed start is reported once, in words, by ServiceHost.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
    }
}
