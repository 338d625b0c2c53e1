using Ddpm.Denoiser;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Bench.Subjects;

/// <summary>Rows that are sent to a Denoiser over one stream, a request each, as the Orchestrator sends them.</summary>
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

    /// <summary>Sends all rows and reads all answers.</summary>
    public async Task<float[][]> EvaluateAsync(NetworkRow[] rows)
    {
        var answers = new float[rows.Length][];
        var reading = ReadAsync(answers);
        for (var i = 0; i < rows.Length; i++)
        {
            var request = new PredictNoiseRequest
            {
                Model = _cluster.Version.Model,
                Version = _cluster.Version.Version,
                Rows = { new NoiseRow { X = TensorCodec.Encode(rows[i].X, _model.Shape), Timestep = rows[i].Timestep } },
            };
            await _stream.RequestStream.WriteAsync(new PredictNoiseStreamRequest { Id = (ulong)i, Request = request });
        }
        await reading;
        return answers;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.RequestStream.CompleteAsync();
        _stream.Dispose();
        await _cluster.DisposeAsync();
    }

    private async Task ReadAsync(float[][] answers)
    {
        for (var i = 0; i < answers.Length; i++)
        {
            if (!await _stream.ResponseStream.MoveNext(CancellationToken.None))
                throw new InvalidOperationException("The Denoiser ended the stream.");
            var answer = _stream.ResponseStream.Current;
            if (answer.Error is { } error)
                throw new InvalidOperationException(error.Message);
            answers[answer.Id] = TensorCodec.Decode(answer.Response.PredictedNoise[0]);
        }
    }
}
