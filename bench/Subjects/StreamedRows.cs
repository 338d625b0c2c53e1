using Ddpm.Denoiser;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Bench.Subjects;

/// <summary>Rows that are sent to a Denoiser over one stream.</summary>
internal sealed class StreamedRows : IAsyncDisposable
{
    private readonly BenchModel _model;
    private readonly Cluster _cluster;
    private readonly AsyncDuplexStreamingCall<PredictNoiseStreamRequest, PredictNoiseStreamResponse> _stream;

    private StreamedRows(BenchModel model, Cluster cluster, bool overTcp)
    {
        (_model, _cluster) = (model, cluster);
        _stream = (overTcp ? cluster.Client : cluster.OverSocket).Denoiser.PredictNoiseStream();
    }

    /// <param name="model">What is evaluated.</param>
    /// <param name="engine">Instead of the one that the Denoiser chooses; null: that one.</param>
    /// <param name="overTcp">Whether over TCP; otherwise over a Unix domain socket.</param>
    public static async Task<StreamedRows> StartAsync(BenchModel model, IDenoisingEngine? engine = null, bool overTcp = false) =>
        new(model, await Cluster.StartAsync(model, engine), overTcp);

    /// <summary>Sends all rows as one request and reads the answer.</summary>
    public async Task<float[][]> EvaluateAsync(NetworkRow[] rows)
    {
        var request = new PredictNoiseRequest
        {
            Model = _cluster.Version.Model,
            Version = _cluster.Version.Version,
            Rows = { rows.Select(row => new NoiseRow { X = TensorCodec.Encode(row.X, _model.Shape), Timestep = row.Timestep }) },
        };
        await _stream.RequestStream.WriteAsync(new PredictNoiseStreamRequest { Request = request });
        if (!await _stream.ResponseStream.MoveNext(CancellationToken.None))
            throw new InvalidOperationException("The Denoiser ended the stream.");
        var answer = _stream.ResponseStream.Current;
        return answer.Error is { } error
            ? throw new InvalidOperationException(error.Message)
            : [.. answer.Response.PredictedNoise.Select(TensorCodec.Decode)];
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.RequestStream.CompleteAsync();
        _stream.Dispose();
        await _cluster.DisposeAsync();
    }
}
