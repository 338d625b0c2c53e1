using Ddpm.Diffusion;
using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>Jobs that go by the variance that their network predicts.</summary>
public sealed class LearnedVarianceTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(HasLocalDenoiser)]
    public async Task SubmitJob_LearnedVariance_MakesTheImagesOfAPlainLoop(string setting)
    {
        await using var cluster = await StartAsync(_root.Path, setting.Length == 0 ? [] : [setting]);

        var ended = await cluster.FinishAsync((await cluster.SubmitAsync(Learned("varied"))).Id);

        ended.State.ShouldBe(JobState.Succeeded, ended.Error);
        var definition = SamplerCatalog.Find("ddpm")!;
        var options = definition.Resolve([KeyValuePair.Create("variance", (object?)"learned")], out _);
        var rule = definition.Create<float>(new Diffusion.NoiseSchedule(new NoiseScheduleOptions()), 10, options);
        for (var k = 0; k < 2; k++)
            HandRun.Pixels(await cluster.ImageAsync(ended.Id, k)).ShouldBe(await HandRun.PixelsAsync(rule, 7, k, label: null));
    }

    [Fact]
    public async Task SubmitJob_LearnedVarianceOfAModelWithoutOne_IsRefused()
    {
        await using var cluster = await StartAsync(_root.Path);

        var refused = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(Learned("toy")));

        refused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refused.FieldViolations().ShouldBe([("spec.sampler_options.variance", "must not be learned where the network does not predict its variance")]);
    }

    private static JobSpec Learned(string model)
    {
        var spec = Spec();
        spec.Model = model;
        spec.SamplerOptions.Fields["variance"] = Value.ForString("learned");
        return spec;
    }
}
