using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>Answers ε with vector–Jacobian products.</summary>
internal sealed class ProductPrediction(GradientNetworks networks, TimeProvider time)
{
    private const int MaximumRows = 64;

    /// <exception cref="RpcException">As <c>DenoiserService.PredictNoiseProduct</c> says.</exception>
    public async Task<PredictNoiseProductResponse> PredictAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken)
    {
        var rows = request.Request ?? throw RpcErrors.Invalid("request", "must be set");
        var violations = Check(request, network: null, PredictNoiseValidator.CheckAddress(rows), out _, out _);
        if (rows.Rows.Count > MaximumRows)
            violations.Add("rows", $"must be 1 to {MaximumRows}, are {rows.Rows.Count}");
        violations.ThrowIfAny();
        try
        {
            return await NoisePrediction.WithinTimeoutAsync(
                rows,
                ending => NoisePrediction.NamedAsync(() => networks.UseAsync(rows.Model, rows.Version, network => Answer(request, network, ending), ending)),
                time,
                cancellationToken);
        }
        catch (QueueFullException e)
        {
            throw RpcErrors.ResourceExhausted(e.Message, e.RetryAfter);
        }
    }

    private static PredictNoiseProductResponse Answer(PredictNoiseProductRequest request, GradientNetwork network, CancellationToken cancellationToken)
    {
        Check(request, network.Description, new Violations(), out var queries, out var vectors).ThrowIfAny();
        var response = new PredictNoiseProductResponse { Evaluation = new Evaluation { Engine = network.Engine, Mode = "exact" } };
        for (var i = 0; i < queries.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (noise, product) = network.Evaluate(queries[i], vectors[i]);
            response.PredictedNoise.Add(TensorCodec.Encode(noise, network.Description.Shape, NoisePrediction.TypeOf(request.Request)));
            response.Products.Add(TensorCodec.Encode(product, network.Description.Shape, NoisePrediction.TypeOf(request.Request)));
        }
        return response;
    }

    private static Violations Check(
        PredictNoiseProductRequest request, NetworkDescription? network, Violations violations, out NoiseQuery[] queries, out ReadOnlyMemory<float>[] vectors)
    {
        queries = PredictNoiseValidator.ReadRows(request.Request, network, violations);
        vectors = PredictNoiseValidator.ReadVectors(request, network, violations);
        return violations;
    }
}
