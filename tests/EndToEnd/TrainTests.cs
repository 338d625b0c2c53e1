using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Trainer;

namespace Ddpm.EndToEnd.Tests;

public sealed class TrainTests
{
    [Fact]
    public async Task Train_WhileStandaloneRuns_PublishesWhatTheNextGenerateUses()
    {
        using var folder = new TemporaryFolder();
        TinyData.Write(folder.Resolve("datasets"));
        await File.WriteAllTextAsync(folder.Resolve("stripes.json"), TinyData.Recipe, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            folder.Resolve("longer.json"), TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 7"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.Resolve("learned-variance.json"), TinyData.LearnedRangeRecipe, TestContext.Current.CancellationToken);
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"), $"Trainer:DataRoot={folder.Resolve("datasets")}");
        var server = standalone.GrpcAddress.OriginalString;

        var versions = new List<string>();
        foreach (var recipe in new[] { "stripes.json", "longer.json", "learned-variance.json" })
        {
            var trained = await DdpmCommand.SucceedAsync("train", folder.Resolve(recipe), "--server", server, "--json");
            var generated = await DdpmCommand.SucceedAsync(
                "generate", "--server", server, "--model", "stripes", "--class", "below", "--sampler", "ddim", "--steps", "5", "--count", "1",
                "--seed", "1", "--out", folder.Resolve(recipe + ".images"), "--json");

            versions.Add(trained.Json["publishedVersion"]!.GetValue<string>());
            generated.Json["job"]!["spec"]!["version"]!.GetValue<string>().ShouldBe(versions[^1]);
            generated.Json["job"]!["classNames"]![0]!.GetValue<string>().ShouldBe("below");
        }

        await DdpmCommand.SucceedAsync(
            "generate", "--server", server, "--model", "stripes", "--class", "below", "--sampler", "ddpm", "--variance", "learned", "--steps", "5", "--count", "1",
            "--seed", "1", "--out", folder.Resolve("varied.images"));

        versions.Distinct().Count().ShouldBe(3);
        var shown = await DdpmCommand.SucceedAsync("models", "show", "stripes", "--server", server, "--json");
        shown.Json["versions"]!.AsArray().Select(version => version!["version"]!.GetValue<string>()).ShouldBe([versions[2], versions[1], versions[0]]);
    }
}
