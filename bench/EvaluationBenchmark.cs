using BenchmarkDotNet.Attributes;
using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using TorchSharp;

namespace Ddpm.Bench;

/// <summary>What the Denoiser adds to one forward pass of one row on one thread.</summary>
public class EvaluationBenchmark
{
    private const double Timestep = 500;

    private Cluster _cluster = null!;
    private Checkpoint _checkpoint = null!;
    private AsyncDuplexStreamingCall<PredictNoiseStreamRequest, PredictNoiseStreamResponse> _stream = null!;
    private float[] _x = [];
    private long[] _shape = [];

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _cluster = await Cluster.StartAsync();
        _checkpoint = Checkpoint.Load(Cluster.ModelFolder);
        _shape = [1, .. _cluster.Version.Description.SampleShape.Select(extent => (long)extent)];
        _x = new float[_shape.Aggregate((product, extent) => product * extent)];
        new PhiloxNoise(1, 0).Fill(_x.AsSpan(), 0, NoiseUse.Initial);
        _stream = _cluster.Client.Denoiser.PredictNoiseStream();
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        _stream.Dispose();
        _checkpoint.Dispose();
        await _cluster.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "TorchSharp")]
    public float[] Plain()
    {
        torch.set_num_threads(1);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var nullClass = _checkpoint.Network.Config.NullClassEmbed;
        var epsilon = _checkpoint.Network.forward(
            torch.tensor(_x, _shape), torch.tensor([(float)Timestep]), nullClass is { } row ? torch.tensor([(long)row]) : null);
        return epsilon.data<float>().ToArray();
    }

    [Benchmark(Description = "Denoiser, over its stream")]
    public async Task<float[]> StreamedAsync()
    {
        await _stream.RequestStream.WriteAsync(new PredictNoiseStreamRequest
        {
            Request = new PredictNoiseRequest
            {
                Model = _cluster.Version.Model,
                Version = _cluster.Version.Version,
                Rows = { new NoiseRow { X = TensorCodec.Encode(_x, [.. _cluster.Version.Description.SampleShape]), Timestep = Timestep } },
            },
        });
        await _stream.ResponseStream.MoveNext(CancellationToken.None);
        return TensorCodec.Decode(_stream.ResponseStream.Current.Response.PredictedNoise[0]);
    }
}
