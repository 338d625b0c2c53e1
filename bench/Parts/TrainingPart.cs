using System.Globalization;
using System.Text.Json.Nodes;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;
using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Trainer;
using Ddpm.Trainer.Recipes;
using Ddpm.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Ddpm.Bench.Parts;

/// <summary>
/// What a run adds to bare forward and backward passes of the shipped recipe's network on one thread: data, optimiser, moving average, record, events,
/// checkpoint and publication of a run of so few steps. Needs the data set <c>fashion-mnist</c>.
/// </summary>
internal sealed class TrainingPart : IPart
{
    private const int Steps = 40;

    public string Name => "training";

    public string Summary => "a short training run against bare forward and backward passes; takes minutes";

    public async Task RunAsync(Report report, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("ddpm-bench-").FullName;
        try
        {
            using var shipped = BenchModel.Shipped();
            var recipe = Shortened(await File.ReadAllTextAsync(Path.Combine(shipped.Folder, "recipe.json")));
            var address = new Uri($"http://127.0.0.1:{Cluster.FreePort()}");
            await using var app = Trainer(folder, address);
            await app.StartAsync();
            using var client = DdpmClient.Connect(address);
            var parsed = Recipe.Parse(recipe);
            using var network = new UNet2DModel(parsed.Network, seed: 1);
            var seconds = await new Contest(Math.Max(3, rounds / 4)).RunAsync(
                new("passes", () =>
                {
                    Passes(network, parsed);
                    return Task.CompletedTask;
                }),
                new("run", () => TrainAsync(client, recipe)));
            report.Add(new Finding(
                Name,
                $"run of {Steps} steps",
                string.Create(CultureInfo.InvariantCulture, $"{Spread.Of(seconds[1]).Median:0.0} s"),
                "forward and backward passes alone",
                string.Create(CultureInfo.InvariantCulture, $"{Spread.Of(seconds[0]).Median:0.0} s"),
                Spread.OfSpeedUp(seconds[0], seconds[1]),
                "training_vs_bare_passes"));
            await app.StopAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Shortened(string json)
    {
        var recipe = JsonNode.Parse(json)!;
        recipe["model"]!["name"] = "bench";
        recipe["training"]!["steps"] = Steps;
        recipe["training"]!["learning_rate_warmup_steps"] = 0;
        recipe["data"]!["validation_images"] = 0;
        return recipe.ToJsonString();
    }

    private static WebApplication Trainer(string folder, Uri address)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Storage:Root"] = folder,
            ["Trainer:Threads"] = "1",
            ["Trainer:Device"] = "cpu",
        });
        builder.AddServiceDefaults("bench", new ListenOptions { Grpc = address });
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.AddTrainer();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapTrainer();
        return app;
    }

    private static void Passes(UNet2DModel network, Recipe recipe)
    {
        set_num_threads(1);
        var batch = recipe.Training.BatchSize;
        var size = recipe.Network.SampleSize!.Value;
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            network.zero_grad();
            var images = randn([batch, recipe.Network.InChannels, size.Height, size.Width]);
            var timesteps = randint(0, recipe.Schedule.NumTrainTimesteps, [batch], dtype: int64);
            var error = (network.forward(images, timesteps, zeros([batch], dtype: int64)) - images).square().mean();
            error.backward();
            error.item<float>();
        }
    }

    private static async Task TrainAsync(DdpmClient client, string recipe)
    {
        var run = (await client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = recipe })).Run;
        await foreach (var happened in client.WatchRunAsync(run.Id))
            run = happened.Run;
        if (run.State != RunState.Succeeded)
            throw new InvalidOperationException($"The run ended as {run.State}: {run.Error}");
    }
}
