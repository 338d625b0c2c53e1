using Ddpm.Networks.Onnx;
using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Trainer.Registry;

/// <summary>Versions as ONNX, of the network whose predictions diffusers recorded.</summary>
public sealed class OnnxTransferTests : IDisposable
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "goldens", "unet_tiny");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ExportModel_AsOnnx_PredictsTheRecordedNoise()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await trainer.ImportAsync("tiny", GoldenFiles());

        var (name, model) = (await trainer.ExportAsync("tiny", "", ExportFormat.Onnx)).ShouldHaveSingleItem();

        name.ShouldBe("model.onnx");
        using var io = SafetensorsFile.Open(Path.Combine(Golden, "io.safetensors"));
        var recorded = io.ReadFloat64("eps.f64");
        var predicted = Predict(model, io);
        predicted.Length.ShouldBe(recorded.Length);
        predicted.Zip(recorded, (actual, expected) => Math.Abs(actual - expected)).Max().ShouldBeLessThan(1e-5);
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "exports")).ShouldBeEmpty();
    }

    [Fact]
    public async Task ExportModel_UnknownFormat_NamesTheField()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.ExportAsync("tiny", "", (ExportFormat)7));

        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var violation = failure.FieldViolations().ShouldHaveSingleItem();
        violation.Field.ShouldBe("format");
        violation.Rule.ShouldBe("must be EXPORT_FORMAT_FOLDER or EXPORT_FORMAT_ONNX; is 7");
    }

    [Theory]
    [InlineData("tiny", "best")]
    [InlineData("large", "latest")]
    public async Task ExportModel_WhatIsNotThere_IsNotFound(string model, string version)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await trainer.ImportAsync("tiny", GoldenFiles());

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.ExportAsync(model, version, ExportFormat.Onnx));

        failure.StatusCode.ShouldBe(StatusCode.NotFound);
        failure.Status.Detail.ShouldBe($"There is no version '{version}' of a model '{model}'.");
    }

    [Theory]
    [InlineData("\"AttnDownBlock2D\"", "\"CrossAttnDownBlock2D\"", "config.json: down_block_types")]
    [InlineData("\"layers_per_block\": 2", "\"layers_per_block\": 3", "lacks weights that config.json asks for")]
    public async Task ExportModel_WhatIsNoUNet_SaysWhyOnnxCannotHaveIt(string what, string instead, string reason)
    {
        // An import is loaded before it is published; what ships is not.
        var shipped = Directory.CreateDirectory(Path.Combine(_folder.Path, "shipped", "odd")).FullName;
        foreach (var (name, content) in GoldenFiles())
            await File.WriteAllBytesAsync(Path.Combine(shipped, name), content, TestContext.Current.CancellationToken);
        await ReplaceAsync(Path.Combine(shipped, "config.json"), what, instead);
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path, $"--Trainer:ShippedModels={Path.GetDirectoryName(shipped)}");

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.ExportAsync("odd", "", ExportFormat.Onnx));

        failure.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        failure.Status.Detail.ShouldContain("cannot be exported to ONNX");
        failure.Status.Detail.ShouldContain(reason);
        failure.Status.Detail.ShouldNotContain(_folder.Path);
        (await trainer.ExportAsync("odd", "")).Keys.ShouldContain("config.json");
    }

    [Theory]
    [InlineData("config.json", "\"layers_per_block\": 2", "\"layers_per_block\": 3")]
    [InlineData("config.json", "{", "")]
    [InlineData("scheduler_config.json", "\"linear\"", "\"bent\"")]
    public async Task ExportModel_FileThatWasChangedSince_FailsItsPrecondition(string file, string what, string instead)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var version = await trainer.ImportAsync("tiny", GoldenFiles());
        await ReplaceAsync(Path.Combine(_folder.Path, "models", "tiny", "versions", version.Version, file), what, instead);

        foreach (var format in new[] { ExportFormat.Folder, ExportFormat.Onnx })
        {
            var failure = await Should.ThrowAsync<RpcException>(() => trainer.ExportAsync("tiny", "", format));

            failure.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
            failure.Status.Detail.ShouldContain("published");
            failure.Status.Detail.ShouldNotContain(_folder.Path);
        }
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("scheduler_config.json")]
    [InlineData("diffusion_pytorch_model.safetensors")]
    public async Task ExportModel_FileThatIsGone_FailsItsPrecondition(string file)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var version = await trainer.ImportAsync("tiny", GoldenFiles());
        File.Delete(Path.Combine(_folder.Path, "models", "tiny", "versions", version.Version, file));

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.ExportAsync("tiny", "", ExportFormat.Onnx));

        failure.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        failure.Status.Detail.ShouldContain("tiny@");
    }

    private static Dictionary<string, byte[]> GoldenFiles() => new[] { "config.json", "scheduler_config.json", "diffusion_pytorch_model.safetensors" }
        .ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(Golden, name)));

    private static async Task ReplaceAsync(string path, string what, string instead)
    {
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        text.ShouldContain(what);
        await File.WriteAllTextAsync(path, text.Replace(what, instead), TestContext.Current.CancellationToken);
    }

    private static float[] Predict(byte[] model, SafetensorsFile io)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(model, options);
        using var x = OrtValue.CreateTensorValueFromMemory(io.ReadFloat32("x"), io.Entries["x"].Shape);
        using var t = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(io.ReadInt64("t"), timestep => (float)timestep), io.Entries["t"].Shape);
        using var run = new RunOptions();
        using var outputs = session.Run(run, [OnnxExport.Sample, OnnxExport.Timestep], [x, t], [OnnxExport.OutSample]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
