using Ddpm.Denoiser.OpenInference;
using Ddpm.Storage.Models;

namespace Ddpm.Denoiser;

/// <summary>The tensors that the Open Inference Protocol sees of a network.</summary>
internal static class ModelSignature
{
    // The first datatype of each is the one to prefer.
    public static readonly InferInputKind Sample = new("sample", ["FP32", "FP16", "BF16"]);
    public static readonly InferInputKind Timestep = new("timestep", ["FP32", "FP64", "INT64", "INT32"]);
    public static readonly InferInputKind ClassLabels = new("class_labels", ["INT64", "INT32"]);
    public static readonly InferInputKind GuidanceScale = new("guidance_scale", ["FP32"]);

    public const string PredictedNoise = "predicted_noise";
    public const string PredictedNoiseDatatype = "FP32";

    public static IReadOnlyList<InferInputKind> Inputs { get; } = [Sample, Timestep, ClassLabels, GuidanceScale];

    /// <summary>What may be sent to a network: class labels only where it knows classes, guidance only where it knows a null class.</summary>
    public static IEnumerable<ModelMetadataResponse.Types.TensorMetadata> InputsOf(ModelDescription model)
    {
        yield return Tensor(Sample.Name, Sample.Datatypes[0], model.SampleShape);
        yield return Tensor(Timestep.Name, Timestep.Datatypes[0], []);
        if (model.ClassLabels.Count > 0)
            yield return Tensor(ClassLabels.Name, ClassLabels.Datatypes[0], []);
        if (model.SupportsGuidance)
            yield return Tensor(GuidanceScale.Name, GuidanceScale.Datatypes[0], []);
    }

    public static IEnumerable<ModelMetadataResponse.Types.TensorMetadata> OutputsOf(ModelDescription model) =>
        [Tensor(PredictedNoise, PredictedNoiseDatatype, model.SampleShape)];

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(string name, string datatype, IEnumerable<int> rowShape) =>
        new() { Name = name, Datatype = datatype, Shape = { -1, rowShape.Select(extent => (long)extent) } };
}

/// <param name="Name">The input's name.</param>
/// <param name="Datatypes">Those that it takes.</param>
internal sealed record InferInputKind(string Name, IReadOnlyList<string> Datatypes)
{
    /// <summary>What an answer calls it that finds something wrong with it.</summary>
    public string Field => $"inputs.{Name}";
}
