using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Ddpm.EndToEnd.Tests;

/// <summary>Bad input ends in one clear error with the field and the rule, at the real services.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task SubmitJob_WithBadFields_NamesEachWithItsRule()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Path);
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);

        await RefusedAsync(standalone, "spec.steps", spec => spec.Steps = 0);
        await RefusedAsync(standalone, "spec.steps", spec => spec.Steps = 5000);
        await RefusedAsync(standalone, "spec.count", spec => spec.Count = 0);
        await RefusedAsync(standalone, "spec.count", spec => spec.Count = 65);
        await RefusedAsync(standalone, "spec.sampler", spec => spec.Sampler = "magic");
        await RefusedAsync(standalone, "spec.classes", spec => spec.Classes = new ClassSelection { Labels = { 3 } });
        await RefusedAsync(standalone, "spec.sampler_options", spec => spec.SamplerOptions = new Struct { Fields = { ["eta"] = Value.ForNumber(1.5) } });
        await RefusedAsync(standalone, "spec.guidance_scale", spec => spec.GuidanceScale = 31);
    }

    [Fact]
    public async Task Generate_OfAnUnknownModel_EndsNotFoundInOneLine()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);

        var outcome = await DdpmCommand.RunAsync(
            "generate", "--server", standalone.GrpcAddress.OriginalString, "--model", "nowhere", "--steps", "5", "--out", folder.Resolve("A"));

        outcome.ExitCode.ShouldBe(3);
        outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldContain("nowhere");
        Directory.Exists(folder.Resolve("A")).ShouldBeFalse();
    }

    [Fact]
    public async Task PredictNoise_OfANaNTensorOrAShapeThatDoesNotFit_NamesTheRow()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Path);
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        var model = await standalone.Client.Models.GetModelAsync(new GetModelRequest { Name = TinyModel.Name }, cancellationToken: TestContext.Current.CancellationToken);
        var request = new PredictNoiseRequest { Model = TinyModel.Name, Version = model.Model.Versions[0].Version };
        var nan = new float[32 * 32];
        nan[5] = float.NaN;
        request.Rows.Add(new NoiseRow { X = TensorCodec.Encode(nan, [1, 32, 32]), Timestep = 10 });
        request.Rows.Add(new NoiseRow { X = TensorCodec.Encode(new float[28 * 28], [1, 28, 28]), Timestep = 10 });

        var refusal = await Should.ThrowAsync<RpcException>(
            async () => await standalone.Client.Denoiser.PredictNoiseAsync(request, cancellationToken: TestContext.Current.CancellationToken));

        refusal.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refusal.FieldViolations().ShouldContain(violation => violation.Field.StartsWith("rows[0].x"));
        refusal.FieldViolations().ShouldContain(violation => violation.Field.StartsWith("rows[1].x"));
    }

    private static async Task RefusedAsync(StandaloneProcess standalone, string field, Action<JobSpec> spoil)
    {
        var spec = new JobSpec { Model = TinyModel.Name, Sampler = "ddim", Steps = 5, Count = 1 };
        spoil(spec);

        var refusal = await Should.ThrowAsync<RpcException>(async () => await standalone.Client.Orchestrator.SubmitJobAsync(
            new SubmitJobRequest { Spec = spec }, cancellationToken: TestContext.Current.CancellationToken));

        refusal.StatusCode.ShouldBe(StatusCode.InvalidArgument, field);
        refusal.FieldViolations().ShouldContain(violation => violation.Field.StartsWith(field) && violation.Rule.Length > 0, field);
    }
}
