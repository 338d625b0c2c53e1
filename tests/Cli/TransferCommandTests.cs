using System.Text;
using Ddpm.Cli.Tests.Fakes;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Cli.Tests;

public sealed class TransferCommandTests
{
    [Theory]
    [InlineData("garments")]
    [InlineData("garments/")]
    public async Task Export_WithoutFormat_WritesTheFilesIntoANewFolder(string given)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("models", "export", "fashion-mnist@stable", ddpm.PathOf(given), "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        outcome.Json.ToJsonString().ShouldBe($$"""{"model":"fashion-mnist","version":"{{FakeModelRegistry.Older}}","folder":"{{ddpm.PathOf("garments")}}"}""");
        (await ReadAsync(ddpm.PathOf("garments/config.json"))).ShouldBe("{}");
        (await ReadAsync(ddpm.PathOf("garments/README.md"))).ShouldBe("# Card");
        Directory.EnumerateFileSystemEntries(ddpm.Folder).ShouldBe([ddpm.PathOf("garments")]);
    }

    [Theory]
    [InlineData("garments", "garments/model.onnx")]
    [InlineData("garments/", "garments/model.onnx")]
    [InlineData("deep/er/net.onnx", "deep/er/net.onnx")]
    [InlineData("there", "there/model.onnx")]
    [InlineData("there.onnx", "there.onnx/model.onnx")]
    public async Task Export_ToOnnx_WritesTheFileOrModelOnnxInTheFolder(string given, string written)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        Directory.CreateDirectory(ddpm.PathOf("there"));
        Directory.CreateDirectory(ddpm.PathOf("there.onnx"));

        var outcome = await ddpm.RunAsync("models", "export", "fashion-mnist", ddpm.PathOf(given), "--format", "onnx", "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        outcome.Json.ToJsonString().ShouldBe($$"""{"model":"fashion-mnist","version":"{{FakeModelRegistry.Newer}}","file":"{{ddpm.PathOf(written)}}"}""");
        (await ReadAsync(ddpm.PathOf(written))).ShouldBe("a network");
        Directory.EnumerateFiles(ddpm.Folder, "*", SearchOption.AllDirectories).ShouldBe([ddpm.PathOf(written)]);
        ddpm.Server.Models.Exported.ShouldHaveSingleItem().ShouldBe(
            new ExportModelRequest { Model = "fashion-mnist", Version = FakeModelRegistry.Newer, Format = ExportFormat.Onnx });
    }

    [Theory]
    [InlineData("folder", "there", "folder")]
    [InlineData("onnx", "there", "file")]
    [InlineData("onnx", "there/model.onnx", "file")]
    public async Task Export_ToWhatExists_LeavesItAsItIs(string format, string given, string kind)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        Directory.CreateDirectory(ddpm.PathOf("there"));
        await File.WriteAllTextAsync(ddpm.PathOf("there/model.onnx"), "mine", TestContext.Current.CancellationToken);

        var outcome = await ddpm.RunAsync("models", "export", "fashion-mnist", ddpm.PathOf(given), "--format", format);

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain($"exists already; a version is exported to a new {kind}.");
        (await ReadAsync(ddpm.PathOf("there/model.onnx"))).ShouldBe("mine");
        ddpm.Server.Models.Exported.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("folder", "garments")]
    [InlineData("onnx", "net.onnx")]
    public async Task Export_ThatBreaks_LeavesNothing(string format, string given)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Models.ExportFailure = RpcErrors.FailedPrecondition("It cannot be exported.");

        var outcome = await ddpm.RunAsync("models", "export", "fashion-mnist", ddpm.PathOf(given), "--format", format, "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.Failure);
        outcome.Json["error"]!["message"]!.GetValue<string>().ShouldBe("It cannot be exported.");
        Directory.EnumerateFileSystemEntries(ddpm.Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Export_ToOnnxByAServerThatSendsAFolder_SaysSoAndLeavesNothing()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Models.OnnxFiles = ddpm.Server.Models.FolderFiles;

        var outcome = await ddpm.RunAsync("models", "export", "fashion-mnist", ddpm.PathOf("net.onnx"), "--format", "onnx");

        outcome.ExitCode.ShouldBe(ExitCodes.Failure);
        outcome.Error.ShouldContain("The server sent README.md instead of model.onnx");
        Directory.EnumerateFileSystemEntries(ddpm.Folder).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("torch")]
    [InlineData("unspecified")]
    [InlineData("7")]
    public async Task Export_UnknownFormat_SaysTheRule(string format)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("models", "export", "fashion-mnist", ddpm.PathOf("garments"), "--format", format);

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain($"--format is '{format}' but must be folder or onnx.");
        outcome.Error.ShouldContain("See `ddpm models export --help`.");
    }

    private static Task<string> ReadAsync(string path) => File.ReadAllTextAsync(path, Encoding.UTF8, TestContext.Current.CancellationToken);
}
