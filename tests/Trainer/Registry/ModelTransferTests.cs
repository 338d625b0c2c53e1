using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Trainer.Registry;

public sealed class ModelTransferTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ImportModel_OfWhatWasExported_IsTheSameVersionUnderAnotherName()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.FinishAsync(TinyData.Recipe);

        var files = await trainer.ExportAsync("stripes", "latest");
        var imported = await trainer.ImportAsync("copy", files);

        files.Keys.ShouldBe(["README.md", "config.json", "diffusion_pytorch_model.safetensors", "model_index.json", "recipe.json", "scheduler_config.json", "training.json"]);
        imported.Version.ShouldBe(run.PublishedVersion);
        imported.RunId.ShouldBeEmpty();
        (await trainer.GetModelAsync("copy")).Aliases["latest"].ShouldBe(run.PublishedVersion);
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "imports")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin", "pickle")]
    [InlineData("../evil.json", "file.name", "must be one of")]
    [InlineData("/etc/passwd", "file.name", "must be one of")]
    public async Task ImportModel_FileThatNoVersionHas_IsRefusedByName(string name, string field, string rule)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await trainer.FinishAsync(TinyData.Recipe);
        var files = await trainer.ExportAsync("stripes", "");
        files[name] = [1, 2, 3];

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.ImportAsync("copy", files));

        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var violation = failure.FieldViolations().ShouldHaveSingleItem();
        violation.Field.ShouldBe(field);
        violation.Rule.ShouldContain(rule);
        await NothingIsLeftAsync(trainer);
    }

    [Theory]
    [InlineData("config.json", "[8, 16]", "[8, 15]", "config.json: block_out_channels[1]")]
    [InlineData("config.json", "[8, 16]", "[8, 32]", "files")]
    [InlineData("scheduler_config.json", "\"linear\"", "\"bent\"", "scheduler_config.json: beta_schedule")]
    public async Task ImportModel_ConfigurationThatBreaksARule_NamesFileAndField(string file, string what, string instead, string field)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await trainer.FinishAsync(TinyData.Recipe);
        var files = await trainer.ExportAsync("stripes", "");
        var text = System.Text.Encoding.UTF8.GetString(files[file]);
        var compact = text.Replace("[\n    8,\n    16\n  ]", "[8, 16]");
        files[file] = System.Text.Encoding.UTF8.GetBytes(compact.Replace(what, instead));

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.ImportAsync("copy", files));

        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        failure.FieldViolations()[0].Field.ShouldBe(field);
        failure.Status.Detail.ShouldNotContain(_folder.Path);
        await NothingIsLeftAsync(trainer);
    }

    [Fact]
    public async Task ImportModel_CutShort_IsRefused()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        using var call = trainer.Client.Models.ImportModel(cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new ImportModelRequest { Start = new ImportStart { Model = "copy" } }, TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new ImportModelRequest { File = new ModelFile { Name = "config.json", SizeBytes = 100 } }, TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new ImportModelRequest { Chunk = ByteString.CopyFromUtf8("{}") }, TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();

        var failure = await Should.ThrowAsync<RpcException>(async () => await call);

        failure.FieldViolations().ShouldHaveSingleItem().Rule.ShouldContain("100 bytes");
        await NothingIsLeftAsync(trainer);
    }

    private async Task NothingIsLeftAsync(TrainerUnderTest trainer)
    {
        (await trainer.ListModelsAsync()).ShouldNotContain(model => model.Name == "copy");
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "imports")).ShouldBeEmpty();
    }
}
