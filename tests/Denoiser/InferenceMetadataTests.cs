using Ddpm.Denoiser.OpenInference;
using Ddpm.Protocol;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ddpm.Denoiser.Tests;

public sealed class InferenceMetadataTests
{
    private const string Key = "0123456789abcdef";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_UntilItShutsDown_IsLiveAndReady()
    {
        await using var host = await DenoiserHost.StartAsync();

        (await host.Inference.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation)).Live.ShouldBeTrue();
        (await host.Inference.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancellation)).Ready.ShouldBeTrue();
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        (await host.Inference.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation)).Live.ShouldBeTrue();
        (await host.Inference.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancellation)).Ready.ShouldBeFalse();
    }

    [Fact]
    public async Task Server_ThatAsksForAKey_TellsAnyoneThatItIsReadyAndNothingElse()
    {
        await using var host = await DenoiserHost.StartAsync($"Security:ApiKeys:0={Key}");
        var client = host.Inference;

        (await client.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation)).Live.ShouldBeTrue();
        (await client.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancellation)).Ready.ShouldBeTrue();
        await IsUnauthenticatedAsync(() => client.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: Cancellation).ResponseAsync);
        await IsUnauthenticatedAsync(() => client.ModelReadyAsync(new ModelReadyRequest(), cancellationToken: Cancellation).ResponseAsync);
        await IsUnauthenticatedAsync(() => client.ModelMetadataAsync(new ModelMetadataRequest(), cancellationToken: Cancellation).ResponseAsync);
        await IsUnauthenticatedAsync(() => client.ModelInferAsync(new ModelInferRequest(), cancellationToken: Cancellation).ResponseAsync);
        var headers = new Metadata { { "authorization", $"Bearer {Key}" } };
        (await client.ServerMetadataAsync(new ServerMetadataRequest(), headers, cancellationToken: Cancellation)).Name.ShouldBe("ddpm-denoiser");
    }

    [Fact]
    public async Task ServerMetadata_TellsNameAndVersion()
    {
        await using var host = await DenoiserHost.StartAsync();

        var metadata = await host.Inference.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: Cancellation);

        metadata.Name.ShouldBe("ddpm-denoiser");
        metadata.Version.ShouldMatch(@"\A\d+\.\d+\.\d+\z");
        metadata.Extensions.ShouldBeEmpty();
    }

    [Fact]
    public async Task ModelReady_OfAVersionThatCanBeEvaluated_LoadsIt()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();

        (await ReadyAsync(host, "golden", version.Version)).ShouldBeTrue();

        (await host.InfoAsync()).LoadedVersions.ShouldBe([$"golden@{version.Version}"]);
        (await ReadyAsync(host, "golden", "")).ShouldBeTrue();
        (await ReadyAsync(host, "golden", "latest")).ShouldBeTrue();
    }

    [Fact]
    public async Task ModelReady_OfWhatIsNotThereOrCannotBeEvaluated_IsFalse()
    {
        var engine = new HeldEngine();
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();

        (await ReadyAsync(host, "nobody", "")).ShouldBeFalse();
        (await ReadyAsync(host, "golden", "stable")).ShouldBeFalse();
        (await ReadyAsync(host, "golden", new string('0', 64))).ShouldBeFalse();
        engine.OnLoad = () => throw new InvalidDataException("not a network");
        (await ReadyAsync(host, "golden", version.Version)).ShouldBeFalse();
        engine.OnLoad = null;
        (await ReadyAsync(host, "golden", version.Version)).ShouldBeTrue("a load that failed is tried again");
    }

    [Fact]
    public async Task ModelReady_OfCorruptVersion_IsFalse()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        await host.CorruptAsync(version);

        (await ReadyAsync(host, "golden", version.Version)).ShouldBeFalse();
    }

    [Fact]
    public async Task ModelReady_OfWhatCannotBeAName_NamesFieldAndRule()
    {
        await using var host = await DenoiserHost.StartAsync();

        var failure = await Should.ThrowAsync<RpcException>(() => ReadyAsync(host, "../golden", "a/b"));

        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        failure.FieldViolations().Select(violation => violation.Field).ShouldBe(["name", "version"]);
    }

    [Fact]
    public async Task ModelMetadata_OfUnconditionalModel_TellsItsTensorsAndVersions()
    {
        await using var host = await DenoiserHost.StartAsync();
        var first = await host.PublishGoldenAsync();
        var second = await host.PublishGoldenAsync("v_prediction");

        var metadata = await MetadataAsync(host, "golden", first.Version);

        metadata.Name.ShouldBe("golden");
        metadata.Platform.ShouldBe("ddpm_unet");
        metadata.Versions.ShouldBe([second.Version, first.Version]);
        InWords(metadata.Inputs).ShouldBe(["sample FP32 -1,1,32,32", "timestep FP32 -1"]);
        InWords(metadata.Outputs).ShouldBe(["predicted_noise FP32 -1,1,32,32"]);
        (await host.InfoAsync()).LoadedVersions.ShouldBeEmpty();
    }

    [Fact]
    public async Task ModelMetadata_OfConditionalModel_TellsClassesAndGuidanceWhereItKnowsThem()
    {
        await using var host = await DenoiserHost.StartAsync();
        await host.PublishConditionalAsync();
        await host.PublishConditionalAsync(nullClass: false);

        InWords((await MetadataAsync(host, "conditional", "")).Inputs)
            .ShouldBe(["sample FP32 -1,1,32,32", "timestep FP32 -1", "class_labels INT64 -1", "guidance_scale FP32 -1"]);
        InWords((await MetadataAsync(host, "labelled", "latest")).Inputs)
            .ShouldBe(["sample FP32 -1,1,32,32", "timestep FP32 -1", "class_labels INT64 -1"]);
    }

    [Fact]
    public async Task ModelMetadata_OfUnknownModel_IsNotFound()
    {
        await using var host = await DenoiserHost.StartAsync();

        (await Should.ThrowAsync<RpcException>(() => MetadataAsync(host, "nobody", ""))).StatusCode.ShouldBe(StatusCode.NotFound);
        (await Should.ThrowAsync<RpcException>(() => MetadataAsync(host, "No Body", ""))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    private static async Task<bool> ReadyAsync(DenoiserHost host, string name, string version) =>
        (await host.Inference.ModelReadyAsync(new ModelReadyRequest { Name = name, Version = version }, cancellationToken: Cancellation)).Ready;

    private static async Task<ModelMetadataResponse> MetadataAsync(DenoiserHost host, string name, string version) =>
        await host.Inference.ModelMetadataAsync(new ModelMetadataRequest { Name = name, Version = version }, cancellationToken: Cancellation);

    private static IEnumerable<string> InWords(IEnumerable<ModelMetadataResponse.Types.TensorMetadata> tensors) =>
        tensors.Select(tensor => $"{tensor.Name} {tensor.Datatype} {string.Join(',', tensor.Shape)}");

    private static async Task IsUnauthenticatedAsync(Func<Task> call) =>
        (await Should.ThrowAsync<RpcException>(call)).StatusCode.ShouldBe(StatusCode.Unauthenticated);
}
