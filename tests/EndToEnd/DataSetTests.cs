using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Trainer;
using Ddpm.Trainer.Data;
using SkiaSharp;

namespace Ddpm.EndToEnd.Tests;

public sealed class DataSetTests
{
    private static readonly string Recipe = TinyData.Recipe
        .Replace("\"source\": \"stripes\"", "\"source\": \"shapes\"")
        .Replace(", \"class_names\": [\"above\", \"below\"]", "");

    [Fact]
    public async Task FolderOfPngs_AddedAndTrainedOn_ServesTheNextJobWhileOneUnderWayKeepsItsWeights()
    {
        using var folder = new TemporaryFolder();
        WritePngs(folder.Resolve("shapes"));
        await File.WriteAllTextAsync(folder.Resolve("first.json"), Recipe, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.Resolve("second.json"), Recipe.Replace("\"steps\": 6", "\"steps\": 7"), TestContext.Current.CancellationToken);
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));
        string[] server = ["--server", standalone.GrpcAddress.OriginalString, "--json"];
        string[] job = ["generate", "--model", "stripes", "--class", "all", "--sampler", "vp-sde", "--steps", "4000", "--count", "4", "--seed", "1"];

        var added = (await DdpmCommand.SucceedAsync(["data", "add", "shapes", folder.Resolve("shapes"), .. server])).Json;
        var first = (await DdpmCommand.SucceedAsync(["train", folder.Resolve("first.json"), .. server])).Json["publishedVersion"]!.GetValue<string>();
        await using var underWay = DdpmCommand.Start([.. job, "--out", folder.Resolve("across"), .. server]);
        // Not any job: the first run has its samples made.
        while ((await DdpmCommand.SucceedAsync(["jobs", "list", "--state", "running", .. server])).Json["jobs"]!.AsArray().All(running => running!["spec"]!["steps"]!.GetValue<int>() != 4000))
            underWay.HasExited.ShouldBeFalse(underWay.Error);
        var second = (await DdpmCommand.SucceedAsync(["train", folder.Resolve("second.json"), .. server])).Json;
        (await underWay.ExitAsync()).ShouldBe(0, underWay.Error);
        var next = (await DdpmCommand.SucceedAsync(["generate", "--model", "stripes", "--steps", "5", "--count", "1", "--out", folder.Resolve("next"), .. server])).Json;
        await DdpmCommand.SucceedAsync([.. job, "--version", first, "--out", folder.Resolve("undisturbed"), .. server]);

        added["imageCount"]!.GetValue<int>().ShouldBe(20);
        added["unreadable"]![0]!["name"]!.GetValue<string>().ShouldBe("left/broken.png");
        next["job"]!["spec"]!["version"]!.GetValue<string>().ShouldBe(second["publishedVersion"]!.GetValue<string>());
        var across = new CommandOutcome(0, underWay.Output, underWay.Error).Json["job"]!;
        across["spec"]!["version"]!.GetValue<string>().ShouldBe(first);
        across["classNames"]![1]!.GetValue<string>().ShouldBe("right");
        // Otherwise nothing was published across it, and the test shows nothing.
        TimeOf(across, "startedAt").ShouldBeLessThan(TimeOf(second, "finishedAt"));
        TimeOf(across, "finishedAt").ShouldBeGreaterThan(TimeOf(second, "finishedAt"));
        foreach (var image in new[] { "000.png", "001.png", "002.png", "003.png" })
            File.ReadAllBytes(folder.Resolve($"across/{image}")).ShouldBe(File.ReadAllBytes(folder.Resolve($"undisturbed/{image}")));
    }

    private static DateTimeOffset TimeOf(System.Text.Json.Nodes.JsonNode node, string field) =>
        DateTimeOffset.Parse(node[field]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);

    private static void WritePngs(string folder) => TinyImages.WriteFolder(folder, [
        .. Enumerable.Range(0, 20).Select(i => i % 2 == 0
            ? ($"left/{i:00}.png", TinyImages.Halves(12 + i, 16, SKColors.White, SKColors.Black))
            : ($"right/{i:00}.png", TinyImages.Halves(12 + i, 16, SKColors.Black, SKColors.White))),
        ("left/broken.png", [1, 2, 3]),
    ]);
}
