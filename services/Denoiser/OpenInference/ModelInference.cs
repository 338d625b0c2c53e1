using Ddpm.Denoiser.OpenInference;
using Ddpm.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>Answers one request of the Open Inference Protocol by the very path of <c>PredictNoise</c>.</summary>
internal sealed class ModelInference(NoisePrediction prediction, ModelLookup models)
{
    // Each would have the answer come elsewhere or be another.
    private static readonly string[] UnknownOutputParameters = ["shared_memory_region", "classification"];

    /// <param name="request">What came.</param>
    /// <param name="tenant">Who calls.</param>
    /// <param name="cancellationToken">Drops what no worker has taken.</param>
    /// <exception cref="RpcException">As <c>GRPCInferenceService.ModelInfer</c> says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<ModelInferResponse> InferAsync(ModelInferRequest request, string tenant, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        ModelLookup.Check(request.ModelName, "model_name", request.ModelVersion, "model_version", violations);
        CheckOutputs(request, violations);
        var inputs = InferInputs.Of(request, violations);
        violations.ThrowIfAny();

        var version = await models.ResolveIdAsync(request.ModelName, request.ModelVersion, cancellationToken);
        using var lease = await prediction.LeaseAsync(request.ModelName, version, cancellationToken);
        var network = lease.Network.Description;
        var queries = inputs.ToQueries(network, violations);
        violations.ThrowIfAny();
        var epsilon = await prediction.EvaluateAsync(lease, queries, new RequestTurn(tenant), continuesOnWorker: false, cancellationToken);

        var response = new ModelInferResponse { ModelName = request.ModelName, ModelVersion = version, Id = request.Id };
        var evaluation = prediction.Evaluation;
        response.Parameters.Add("engine", new InferParameter { StringParam = evaluation.Engine });
        response.Parameters.Add("mode", new InferParameter { StringParam = evaluation.Mode });
        AddOutput(response, epsilon, network, asRaw: request.RawInputContents.Count > 0);
        return response;
    }

    private static void CheckOutputs(ModelInferRequest request, Violations violations)
    {
        if (request.Outputs.Count > 1)
            violations.Add("outputs", $"must be empty or {ModelSignature.PredictedNoise} alone, are {request.Outputs.Count}");
        else if (request.Outputs is [var output])
        {
            if (output.Name != ModelSignature.PredictedNoise)
                violations.Add("outputs[0].name", $"must be {ModelSignature.PredictedNoise}");
            foreach (var parameter in UnknownOutputParameters.Where(output.Parameters.ContainsKey))
                violations.Add("outputs[0].parameters", $"must not hold {parameter}: an output comes in the answer, as it is");
        }
    }

    private static void AddOutput(ModelInferResponse response, float[][] epsilon, NetworkDescription network, bool asRaw)
    {
        var output = new ModelInferResponse.Types.InferOutputTensor
        {
            Name = ModelSignature.PredictedNoise,
            Datatype = ModelSignature.PredictedNoiseDatatype,
            Shape = { epsilon.Length, network.Channels, network.Height, network.Width },
        };
        response.Outputs.Add(output);
        if (!asRaw)
        {
            output.Contents = new InferTensorContents();
            foreach (var row in epsilon)
                output.Contents.Fp32Contents.AddRange(row);
            return;
        }
        var bytes = new byte[epsilon.Length * network.Elements * sizeof(float)];
        foreach (var (i, row) in epsilon.Index())
            TensorCodec.Encode(row, network.Shape).Data.Span.CopyTo(bytes.AsSpan(i * network.Elements * sizeof(float)));
        response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(bytes));
    }
}
