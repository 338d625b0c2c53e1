using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Trainer;
using Ddpm.Trainer.Recipes;
using Ddpm.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Bench;

/// <summary>
/// What a run adds to bare forward and backward passes of the shipped recipe's network on one thread: data, optimiser, moving average, record,
/// events, checkpoint and publication of a run of so few steps. Needs the data set <c>fashion-mnist</c>.
/// </summary>
public class TrainingBenchmark
{
    private const int Steps = 40;

    private string _folder = "";
    private string _recipe = "";
    private WebApplication _app = null!;
    private DdpmClient _client = null!;
    private UNet2DModel _network = null!;
    private torch.Tensor _images = null!;
    private torch.Tensor _timesteps = null!;
    private torch.Tensor _labels = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _folder = Directory.CreateTempSubdirectory("ddpm-bench-").FullName;
        var recipe = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Cluster.ModelFolder, "recipe.json")))!;
        recipe["model"]!["name"] = "bench";
        recipe["training"]!["steps"] = Steps;
        recipe["training"]!["learning_rate_warmup_steps"] = 0;
        recipe["data"]!["validation_images"] = 0;
        _recipe = recipe.ToJsonString();

        var address = new Uri($"http://127.0.0.1:{Cluster.FreePort()}");
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Storage:Root"] = _folder, ["Trainer:Threads"] = "1", ["Trainer:Device"] = "cpu" });
        builder.AddServiceDefaults("bench", new ListenOptions { Grpc = address });
        builder.AddTrainer();
        _app = builder.Build();
        _app.MapServiceDefaults();
        _app.MapTrainer();
        await _app.StartAsync();
        _client = DdpmClient.Connect(address);
        var parsed = Recipe.Parse(_recipe);
        _network = new UNet2DModel(parsed.Network, seed: 1);
        _images = randn([parsed.Training.BatchSize, parsed.Network.InChannels, parsed.Network.SampleSize!.Value.Height, parsed.Network.SampleSize.Value.Width]);
        _timesteps = randint(0, parsed.Schedule.NumTrainTimesteps, [parsed.Training.BatchSize], dtype: int64);
        _labels = zeros([parsed.Training.BatchSize], dtype: int64);
        // Decodes the data set, which later runs map.
        await RunAsync();
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        _network.Dispose();
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Baseline = true, Description = "Forward and backward")]
    public double Loop()
    {
        set_num_threads(1);
        var loss = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            _network.zero_grad();
            var error = (_network.forward(_images, _timesteps, _labels) - _images).square().mean();
            error.backward();
            loss += error.item<float>();
        }
        return loss;
    }

    [Benchmark(Description = "Run")]
    public async Task<string> RunAsync()
    {
        var run = (await _client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = _recipe })).Run;
        await foreach (var happened in _client.WatchRunAsync(run.Id))
            run = happened.Run;
        return run.State == RunState.Succeeded ? run.PublishedVersion : throw new InvalidOperationException($"The run ended as {run.State}: {run.Error}");
    }
}
