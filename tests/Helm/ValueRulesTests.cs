namespace Ddpm.Helm.Tests;

/// <summary>Wrong values stop an installation with their name and the rule.</summary>
public sealed class ValueRulesTests
{
    [Theory]
    [InlineData("denoiser.replicas=0", "/denoiser/replicas", "minimum: got 0, want 1")]
    [InlineData("denoiser.replica=3", "/denoiser", "'replica' not allowed")]
    [InlineData("image.pullPolicy=Sometimes", "/image/pullPolicy", "'Always', 'IfNotPresent', 'Never'")]
    [InlineData("apiKeys.values={short}", "/apiKeys/values/0", "minLength: got 5, want 16")]
    [InlineData("storage.blobs=disk", "/storage/blobs", "'volume', 's3'")]
    [InlineData("storage.models.size=20", "/storage/models/size", "got number, want string")]
    [InlineData("storage.models.size=20GB", "/storage/models/size", "does not match pattern")]
    [InlineData("telemetry.endpoint=otel-collector", "/telemetry/endpoint", "does not match pattern")]
    [InlineData("podSecurity.runAsUser=0", "/podSecurity/runAsUser", "minimum: got 0, want 1")]
    [InlineData("networkPolicy.redis.port=70000", "/networkPolicy/redis/port", "maximum: got 70,000, want 65,535")]
    [InlineData("networkPolicy.clients[0].pods=all", "/networkPolicy/clients/0", "'pods' not allowed")]
    [InlineData("orchestrator.terminationGracePeriodSeconds=5", "/orchestrator/terminationGracePeriodSeconds", "minimum: got 5, want 20")]
    [InlineData("orchestrator.settings.Denoiser:Mode=fast", "/orchestrator/settings", "'Denoiser:Mode' not allowed")]
    [InlineData("orchestrator.settings.Orchestrator:Redis=redis", "/orchestrator/settings/Orchestrator:Redis", "false schema")]
    [InlineData("denoiser.settings.Denoiser:Device=cuda", "/denoiser/settings/Denoiser:Device", "false schema")]
    [InlineData("denoiser.resources.limits.cpu=two", "/denoiser/resources/limits/cpu", "does not match pattern")]
    [InlineData("denoiser.autoscaling.cpuUtilization=800", "/denoiser/autoscaling/cpuUtilization", "maximum: got 800, want 100")]
    public void Template_OfValueOutsideTheSchema_SaysWhichAndTheRule(string value, string where, string rule)
    {
        var error = Refusal("--set", value);

        error.ShouldContain($"at '{where}'");
        error.ShouldContain(rule);
    }

    [Theory]
    [InlineData("redis.existingSecret=", "redis needs existingSecret")]
    [InlineData("database.existingSecret=", "database needs existingSecret")]
    [InlineData("apiKeys.existingSecret=", "set apiKeys.anonymous=true to let everyone in")]
    [InlineData("storage.blobs=s3", "needs storage.s3.bucket")]
    [InlineData("storage.blobs=s3,storage.s3.bucket=ddpm", "needs storage.s3.endpoint or storage.s3.region")]
    [InlineData("storage.blobs=s3,storage.s3.bucket=ddpm,storage.s3.region=x,storage.s3.accessKey=a", "set both or neither")]
    [InlineData("denoiser.autoscaling.enabled=true,denoiser.autoscaling.minReplicas=9", "minReplicas is 9 but must be at most maxReplicas, 8")]
    [InlineData("denoiser.autoscaling.enabled=true,denoiser.autoscaling.queuedRows=null", "needs queuedRows or cpuUtilization")]
    [InlineData("denoiser.autoscaling.enabled=true,denoiser.autoscaling.cpuUtilization=80,denoiser.resources.requests.cpu=null", "which is not set")]
    [InlineData("denoiser.autoscaling.enabled=true,denoiser.autoscaling.cpuUtilization=80,denoiser.gpu.enabled=true", "says nothing of a GPU's load")]
    [InlineData("ingress.enabled=true", "needs ingress.gallery.host and ingress.grpc.host")]
    [InlineData("ingress.enabled=true,ingress.gallery.host=a.b,ingress.grpc.host=a.b", "must differ")]
    [InlineData("ingress.enabled=true,ingress.gallery.host=a.b,ingress.grpc.host=c.d", "needs networkPolicy.clients")]
    [InlineData("gateway.enabled=true,gateway.gallery.host=a.b,gateway.grpc.host=c.d,networkPolicy.enabled=false", "needs gateway.name")]
    public void Template_OfValuesThatDoNotGoTogether_SaysWhy(string values, string rule) => Refusal("--set", values).ShouldContain(rule);

    [Fact]
    public void Install_OnKubernetesWithoutSleepAction_IsRefused() => Refusal("--kube-version", "1.29.0").ShouldContain(">=1.30.0-0");

    private static string Refusal(params string[] arguments)
    {
        var result = HelmCommand.Template(arguments);

        result.ExitCode.ShouldNotBe(0, "the values were taken");
        return result.Error;
    }
}
