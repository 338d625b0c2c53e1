using Ddpm.Denoiser.OpenInference;
using Ddpm.Protocol;

namespace Ddpm.Denoiser;

/// <summary>
/// The inputs of one request. Whatever their shapes say, nothing of that size is allocated before it is known to be what came, and to be
/// what the network takes.
/// </summary>
internal sealed class InferInputs
{
    private readonly Dictionary<InferInputKind, InferTensor> _tensors = [];

    private InferInputs()
    {
    }

    private int Rows => (int)_tensors[ModelSignature.Sample].Shape[0];

    /// <summary>Checks what does not depend on the network.</summary>
    /// <param name="request">What came.</param>
    /// <param name="violations">Where to note what is wrong.</param>
    /// <returns>The inputs; not to be used when anything is noted.</returns>
    public static InferInputs Of(ModelInferRequest request, Violations violations)
    {
        var inputs = new InferInputs();
        if (inputs.Gather(request, violations))
            inputs.Check(violations);
        return inputs;
    }

    /// <summary>Makes a query of each row.</summary>
    /// <param name="network">The network that they must fit.</param>
    /// <param name="violations">Where to note what is wrong, with the first row that breaks a rule and no more: an answer has to fit a header.</param>
    /// <returns>The queries; not to be used when anything is noted.</returns>
    public NoiseQuery[] ToQueries(NetworkDescription network, Violations violations)
    {
        var sample = _tensors[ModelSignature.Sample];
        if (!sample.Shape.Skip(1).SequenceEqual(network.Shape.Select(extent => (long)extent)))
        {
            violations.Add($"{ModelSignature.Sample.Field}.shape", $"must be [{Rows}, {string.Join(", ", network.Shape)}], {sample.ShapeInWords}");
            return [];
        }
        var queries = new NoiseQuery[Rows];
        for (var row = 0; row < queries.Length && !violations.HasAny; row++)
            queries[row] = ReadRow(row, network, violations);
        return queries;
    }

    /// <summary>Puts each tensor with its name and its elements.</summary>
    /// <returns>Whether all could be.</returns>
    private bool Gather(ModelInferRequest request, Violations violations)
    {
        if (request.Inputs.Count > ModelSignature.Inputs.Count)
            return violations.Add("inputs", $"must be at most {ModelSignature.Inputs.Count}, are {request.Inputs.Count}");
        var raw = request.RawInputContents;
        if (raw.Count > 0 && raw.Count != request.Inputs.Count)
            return violations.Add("raw_input_contents", $"must be one for each of the {request.Inputs.Count} inputs, or none, are {raw.Count}");
        var gathered = true;
        foreach (var (i, input) in request.Inputs.Index())
        {
            if (ModelSignature.Inputs.FirstOrDefault(kind => kind.Name == input.Name) is not { } kind)
                gathered = violations.Add($"inputs[{i}].name", $"must be one of {string.Join(", ", ModelSignature.Inputs.Select(known => known.Name))}");
            else if (!_tensors.TryAdd(kind, new InferTensor(input, kind, raw.Count > 0 ? raw[i] : null, $"raw_input_contents[{i}]")))
                gathered = violations.Add($"inputs[{i}].name", $"must not be {kind.Name} again");
        }
        foreach (var required in new[] { ModelSignature.Sample, ModelSignature.Timestep })
        {
            if (!_tensors.ContainsKey(required))
                gathered = violations.Add("inputs", $"must hold {required.Name}");
        }
        return gathered;
    }

    private void Check(Violations violations)
    {
        var sample = _tensors[ModelSignature.Sample];
        int? rows = CheckSampleShape(sample, violations) ? Rows : null;
        foreach (var (kind, tensor) in _tensors)
        {
            if (tensor.CheckForm(violations) && (kind == ModelSignature.Sample ? rows is not null : CheckShapeByRow(kind, tensor, rows, violations)))
                tensor.CheckLength(violations);
        }
    }

    private static bool CheckSampleShape(InferTensor sample, Violations violations)
    {
        var field = $"{ModelSignature.Sample.Field}.shape";
        if (sample.Shape is not [var rows, var channels, var height, var width])
            return violations.Add(field, $"must be [N, C, H, W], {sample.ShapeInWords}");
        if (rows is < 1 or > NoiseQueryRules.MaximumRows)
            return violations.Add(field, $"must begin with 1 to {NoiseQueryRules.MaximumRows} rows, {sample.ShapeInWords}");
        return (channels > 0 && height > 0 && width > 0)
            || violations.Add(field, $"must have extents of at least 1, {sample.ShapeInWords}");
    }

    /// <summary>Checks the shape of what each row has one element of.</summary>
    private static bool CheckShapeByRow(InferInputKind kind, InferTensor tensor, int? rows, Violations violations) =>
        tensor.Shape is [] or [1] || (tensor.Shape is [var count] && (rows is null ? count > 0 : count == rows))
        || violations.Add($"{kind.Field}.shape", $"must be {(rows is 1 ? "" : $"[{rows?.ToString() ?? "N"}], ")}[1] or [], {tensor.ShapeInWords}");

    private NoiseQuery ReadRow(int row, NetworkDescription network, Violations violations)
    {
        var timestep = _tensors[ModelSignature.Timestep].OfRow(row);
        var label = _tensors.TryGetValue(ModelSignature.ClassLabels, out var labels) ? (long)labels.OfRow(row) : (long?)null;
        var scale = _tensors.TryGetValue(ModelSignature.GuidanceScale, out var scales) ? (float)scales.OfRow(row) : 1;
        var x = _tensors[ModelSignature.Sample].ImageOfRow(row, network.Elements);
        NoiseQueryRules.CheckTimestep(timestep, network, FieldOf(ModelSignature.Timestep), violations);
        NoiseQueryRules.CheckClass(label, network, FieldOf(ModelSignature.ClassLabels), violations);
        NoiseQueryRules.CheckGuidance(scale, label is not null, network, FieldOf(ModelSignature.GuidanceScale), violations);
        NoiseQueryRules.CheckImage(x.Span, FieldOf(ModelSignature.Sample), violations);
        return new NoiseQuery(x, timestep, (int?)label, scale);

        string FieldOf(InferInputKind kind) => $"{kind.Field}[{row}]";
    }
}
