using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Ddpm.Denoiser;

/// <summary>Checks a request before an engine sees any of it; every violation is noted, not only the first.</summary>
internal static class PredictNoiseValidator
{
    private const int MaximumNameLength = 64;

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>Checks everything but the rows themselves.</summary>
    public static Violations CheckAddress(PredictNoiseRequest request)
    {
        var violations = new Violations();
        if (!ModelName.IsModel(request.Model))
            violations.Add("model", ModelName.Rule);
        if (!ModelName.IsVersion(request.Version))
            violations.Add("version", $"{ModelName.VersionRule}; an alias is resolved before a trajectory begins, not here");
        if (request.Rows.Count is < 1 or > NoiseQueryRules.MaximumRows)
            violations.Add("rows", $"must be 1 to {NoiseQueryRules.MaximumRows}, are {request.Rows.Count}");
        CheckName(request.Tenant, "tenant", violations);
        CheckName(request.Job, "job", violations);
        if (!Enum.IsDefined(request.Priority))
            violations.Add("priority", $"must be INTERACTIVE or BULK, or unset for INTERACTIVE; is {(int)request.Priority}");
        if (request.PredictedNoiseType != DataType.Unspecified && TensorCodec.ElementSize(request.PredictedNoiseType) == 0)
            violations.Add("predicted_noise_type", "must be F32, F16 or BF16, or unset for F32");
        if (request.Timeout is { } timeout && !IsTimeout(timeout))
            violations.Add("timeout", $"must be more than 0 and at most {LongestTimeout.TotalHours} hours");
        return violations;
    }

    private static void CheckName(string name, string field, Violations violations)
    {
        if (name.Length > MaximumNameLength)
            violations.Add(field, $"must have at most {MaximumNameLength} characters, has {name.Length}");
    }

    private static bool IsTimeout(Duration timeout)
    {
        var nanoseconds = (Int128)timeout.Seconds * 1_000_000_000 + timeout.Nanos;
        return timeout.Nanos is >= 0 and < 1_000_000_000 && nanoseconds > 0 && nanoseconds <= (Int128)LongestTimeout.TotalNanoseconds;
    }

    /// <summary>Checks and decodes the rows.</summary>
    /// <param name="request">What came.</param>
    /// <param name="network">The network that they must fit; null: it is not known, and what does not depend on it is checked.</param>
    /// <param name="violations">Where to note what is wrong.</param>
    /// <returns>A query for each row; not to be used when anything is noted.</returns>
    public static NoiseQuery[] ReadRows(PredictNoiseRequest request, NetworkDescription? network, Violations violations)
    {
        if (request.WithVariance && network is { PredictsVariance: false })
            violations.Add("with_variance", "must be unset: the network does not predict its variance");
        var queries = new NoiseQuery[Math.Min(request.Rows.Count, NoiseQueryRules.MaximumRows)];
        for (var i = 0; i < queries.Length; i++)
        {
            var row = request.Rows[i];
            var field = $"rows[{i}]";
            var label = row.HasClassLabel ? row.ClassLabel : (int?)null;
            var scale = row.HasGuidanceScale ? row.GuidanceScale : 1;
            NoiseQueryRules.CheckTimestep(row.Timestep, network, $"{field}.timestep", violations);
            NoiseQueryRules.CheckClass(label, network, $"{field}.class_label", violations);
            NoiseQueryRules.CheckGuidance(scale, row.HasClassLabel, network, $"{field}.guidance_scale", violations);
            queries[i] = new NoiseQuery(ReadImage(row.X, network, $"{field}.x", violations), row.Timestep, label, scale, request.WithVariance);
        }
        return queries;
    }

    /// <summary>Checks and decodes the vectors of the rows.</summary>
    /// <returns>One for each row; not to be used when anything is noted.</returns>
    public static ReadOnlyMemory<float>[] ReadVectors(PredictNoiseProductRequest request, NetworkDescription? network, Violations violations)
    {
        if (request.Vectors.Count != request.Request.Rows.Count)
        {
            violations.Add("vectors", $"must be one a row, {request.Request.Rows.Count}, are {request.Vectors.Count}");
            return [];
        }
        return [.. request.Vectors.Select((vector, i) => ReadImage(vector, network, $"vectors[{i}]", violations))];
    }

    private static ReadOnlyMemory<float> ReadImage(Tensor? x, NetworkDescription? network, string field, Violations violations)
    {
        if (!TensorCodec.Validate(x, field, violations))
            return default;
        if (network is not null && !x!.Shape.SequenceEqual(network.Shape.Select(extent => (long)extent)))
        {
            violations.Add($"{field}.shape", $"must be [{string.Join(", ", network.Shape)}], is [{string.Join(", ", x.Shape)}]");
            return default;
        }
        var values = TensorCodec.View(x!);
        NoiseQueryRules.CheckImage(values.Span, $"{field}.data", violations);
        return values;
    }
}
