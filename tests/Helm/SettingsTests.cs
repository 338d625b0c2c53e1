using Ddpm.Denoiser;
using Ddpm.Hosting;
using Ddpm.Orchestrator;
using Ddpm.Storage;
using Ddpm.Trainer;
using Ddpm.Web;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ddpm.Helm.Tests;

/// <summary>The settings that the chart gives are ones that the services know and take: each service's own validation of its start says so.</summary>
public sealed class SettingsTests
{
    /// <summary>Sections that each service reads and validates.</summary>
    private static readonly Dictionary<string, string[]> Sections = new()
    {
        ["orchestrator"] = [ListenOptions.Section, SecurityOptions.Section, StorageOptions.Section, OrchestratorOptions.Section],
        ["denoiser"] = [ListenOptions.Section, SecurityOptions.Section, StorageOptions.Section, DenoiserOptions.Section],
        ["trainer"] = [ListenOptions.Section, SecurityOptions.Section, StorageOptions.Section, TrainerOptions.Section],
        ["gallery"] = [ListenOptions.Section, SecurityOptions.Section, GalleryOptions.Section],
    };

    /// <summary>What the runtime, the telemetry or the driver reads, or what other variables are put together from.</summary>
    private static readonly string[] Others =
    [
        "DOTNET_SHUTDOWNTIMEOUTSECONDS", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_RESOURCE_ATTRIBUTES", "POD_NAME", "POD_NAMESPACE",
        "CUDA_CACHE_PATH", "Logging:",
    ];

    public static TheoryData<string, string> Services =>
        new(ValueSets.All.SelectMany(_ => Sections.Keys, (set, service) => (set, service)));

    [Theory]
    [MemberData(nameof(Services))]
    public void Settings_OfEveryService_AreOnesThatItReads(string set, string service)
    {
        var names = Environment(set, service).Select(variable => variable.Name).ToList();

        names.ShouldBeUnique();
        names.Select(name => name.Replace("__", ":", StringComparison.Ordinal))
            .Where(name => !Others.Any(other => name.StartsWith(other, StringComparison.Ordinal)))
            .Where(name => !Sections[service].Contains(name[..Math.Max(0, name.IndexOf(':'))]))
            .ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Start_WithTheChartsSettings_IsNotRefused(string set, string service)
    {
        await using var app = Build(set, service);

        Should.NotThrow(app.Services.GetRequiredService<IStartupValidator>().Validate);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task ShutdownTimeout_OfEveryService_EndsBeforeTheGracePeriod(string set, string service)
    {
        await using var app = Build(set, service);
        var pod = Release.Of(set).Deployment(service).Spec.Template.Spec;
        var drain = pod.Containers.Single().Lifecycle.PreStop.Sleep.Seconds;

        var timeout = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;

        (timeout + TimeSpan.FromSeconds(drain)).ShouldBe(TimeSpan.FromSeconds(pod.TerminationGracePeriodSeconds!.Value - 5));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Keys_OfEveryService_AreAskedForUnlessAnonymous(string set, string service)
    {
        await using var app = Build(set, service);

        var keys = app.Services.GetRequiredService<IOptions<SecurityOptions>>().Value.ApiKeys;

        keys.Length.ShouldBe(set switch { "small" => 0, "existing" or "credentials" => 2, _ => 1 });
    }

    private static IList<V1EnvVar> Environment(string set, string service) => Release.Of(set).Deployment(service).Spec.Template.Spec.Containers.Single().Env;

    /// <summary>The service with the container's environment, ready to start.</summary>
    private static WebApplication Build(string set, string service)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(Environment(set, service).ToDictionary(SettingOf, variable => (string?)ValueOf(variable)));
        builder.AddServiceDefaults(service, new ListenOptions());
        return (service switch
        {
            "orchestrator" => builder.AddOrchestrator(),
            "denoiser" => builder.AddDenoiser(),
            "trainer" => builder.AddTrainer(),
            _ => builder.AddGallery(),
        }).Build();
    }

    /// <summary>As the environment's variables become settings: those of the runtime without their prefix.</summary>
    private static string SettingOf(V1EnvVar variable) =>
        variable.Name.Replace("DOTNET_", "", StringComparison.Ordinal).Replace("__", ":", StringComparison.Ordinal);

    /// <summary>What Kubernetes would put there, or something like it.</summary>
    private static string ValueOf(V1EnvVar variable) => variable switch
    {
        { Value: { } value } => value,
        { ValueFrom.ResourceFieldRef.Resource: "limits.cpu" } => "4",
        { ValueFrom.FieldRef: not null } => "a-pod",
        { Name: "Storage__Database" } => "Host=postgres;Database=ddpm",
        { Name: "Orchestrator__Redis" } => "redis:6379",
        { ValueFrom.SecretKeyRef: not null } => "a-secret-of-some-length",
        _ => throw new InvalidOperationException($"{variable.Name} has neither a value nor a source that this knows."),
    };
}
