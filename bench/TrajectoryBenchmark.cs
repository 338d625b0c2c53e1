using BenchmarkDotNet.Attributes;
using Ddpm.Denoiser;
using Ddpm.Diffusion;
using Ddpm.V1;

namespace Ddpm.Bench;

/// <summary>What durable, watched jobs add to the same sampler over the same network in a plain loop on one thread.</summary>
public class TrajectoryBenchmark
{
    private const int Steps = 20;
    private const int Count = 4;
    private const ulong Seed = 7;

    private Cluster _cluster = null!;
    private OfflinePrediction _network = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _cluster = await Cluster.StartAsync();
        _network = OfflinePrediction.Open(Cluster.ModelFolder);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        _network.Dispose();
        await _cluster.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "Loop")]
    public async Task<float[][]> LoopAsync()
    {
        var ddim = SamplerCatalog.Find("ddim")!;
        var sampler = ddim.Create<float>(_network.Network.Schedule, Steps, ddim.Defaults());
        var images = new float[Count][];
        for (var trajectory = 0; trajectory < Count; trajectory++)
        {
            var noise = new PhiloxNoise(Seed, trajectory);
            var x = new float[_network.Network.Elements];
            noise.Fill(x.AsSpan(), 0, NoiseUse.Initial);
            var state = sampler.Start(x);
            while (state.Step < sampler.Steps)
                state = await sampler.StepAsync(state, PredictAsync, noise, CancellationToken.None);
            images[trajectory] = state.X;
        }
        return images;
    }

    [Benchmark(Description = "Job")]
    public async Task<JobState> JobAsync()
    {
        var submitted = await _cluster.Client.Orchestrator.SubmitJobAsync(new SubmitJobRequest
        {
            Spec = new JobSpec { Model = _cluster.Version.Model, Sampler = "ddim", Steps = Steps, Seed = Seed, Count = Count },
        });
        var state = JobState.Unspecified;
        await foreach (var jobEvent in _cluster.Client.WatchJobAsync(submitted.Job.Id))
            state = jobEvent.Job.State;
        return state == JobState.Succeeded ? state : throw new InvalidOperationException($"The job ended as {state}.");
    }

    private ValueTask<float[]> PredictAsync(float[] x, double timestep, CancellationToken cancellationToken)
    {
        TorchSharp.torch.set_num_threads(1);
        return ValueTask.FromResult(_network.Predict(new NoiseQuery(x, timestep), _network.Network.Height, _network.Network.Width));
    }
}
