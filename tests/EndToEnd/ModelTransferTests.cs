using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

public sealed class ModelTransferTests
{
    [Fact]
    public async Task Models_ExportedAndImportedAgain_AreTheSameVersion()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));
        string[] server = ["--server", standalone.GrpcAddress.OriginalString, "--json"];

        var exported = (await DdpmCommand.SucceedAsync(["models", "export", "fashion-mnist", folder.Resolve("out"), .. server])).Json;
        var flat = (await DdpmCommand.SucceedAsync(["models", "import", folder.Resolve("out"), "--name", "garments", .. server])).Json;
        // As a pipeline's save_pretrained writes it.
        Directory.CreateDirectory(folder.Resolve("pipeline/unet"));
        Directory.CreateDirectory(folder.Resolve("pipeline/scheduler"));
        foreach (var (file, part) in new[] { ("config.json", "unet"), ("diffusion_pytorch_model.safetensors", "unet"), ("scheduler_config.json", "scheduler"), ("model_index.json", "") })
            File.Copy(folder.Resolve("out", file), folder.Resolve("pipeline", part, file));
        var pipeline = (await DdpmCommand.SucceedAsync(["models", "import", folder.Resolve("pipeline"), .. server])).Json;
        var generated = (await DdpmCommand.SucceedAsync(
            ["generate", "--model", "pipeline", "--class", "Bag", "--steps", "2", "--count", "1", "--out", folder.Resolve("bag"), .. server])).Json;

        flat["version"]!.GetValue<string>().ShouldBe(exported["version"]!.GetValue<string>());
        pipeline["classLabels"]!.AsArray().Count.ShouldBe(10);
        generated["job"]!["classNames"]![0]!.GetValue<string>().ShouldBe("Bag");
    }

    [Fact]
    public async Task Import_OfAPickle_IsRefusedByNameAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));
        string[] server = ["--server", standalone.GrpcAddress.OriginalString, "--json"];
        await DdpmCommand.SucceedAsync(["models", "export", "fashion-mnist", folder.Resolve("pickled"), .. server]);
        File.Move(folder.Resolve("pickled/diffusion_pytorch_model.safetensors"), folder.Resolve("pickled/diffusion_pytorch_model.bin"));
        var before = await ModelsAsync(server);

        var refused = await DdpmCommand.RunAsync(["models", "import", folder.Resolve("pickled"), .. server]);

        refused.ExitCode.ShouldBe(2);
        refused.Json["error"]!["message"]!.GetValue<string>().ShouldContain("diffusion_pytorch_model.bin is a pickle");
        (await ModelsAsync(server)).ShouldBe(before);
    }

    private static async Task<IReadOnlyList<string>> ModelsAsync(string[] server) =>
        [.. (await DdpmCommand.SucceedAsync(["models", "list", .. server])).Json["models"]!.AsArray().Select(model => model!["name"]!.GetValue<string>())];
}
