using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Ddpm.Denoiser;

/// <summary>Checks a request before an engine sees any of it; every violation is noted, not only the first.</summary>
internal static class PredictNoiseValidator
{
    public const int MaximumRows = 1024;
    public const float MaximumGuidanceScale = 30;
    public const int MaximumNameLength = 64;

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>Checks which version is asked for, how many rows, and whose turn they take until when.</summary>
    public static Violations CheckAddress(PredictNoiseRequest request)
    {
        var violations = new Violations();
        if (!ModelName.IsModel(request.Model))
            violations.Add("model", ModelName.Rule);
        if (!ModelName.IsVersion(request.Version))
            violations.Add("version", $"{ModelName.VersionRule}; an alias is resolved before a trajectory begins, not here");
        if (request.Rows.Count is < 1 or > MaximumRows)
            violations.Add("rows", $"must be 1 to {MaximumRows}, are {request.Rows.Count}");
        CheckName(request.Tenant, "tenant", violations);
        CheckName(request.Job, "job", violations);
        if (!Enum.IsDefined(request.Priority))
            violations.Add("priority", $"must be INTERACTIVE or BULK, or unset for INTERACTIVE; is {(int)request.Priority}");
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
        var queries = new NoiseQuery[Math.Min(request.Rows.Count, MaximumRows)];
        for (var i = 0; i < queries.Length; i++)
        {
            var row = request.Rows[i];
            var field = $"rows[{i}]";
            CheckTimestep(row.Timestep, network, $"{field}.timestep", violations);
            CheckClass(row, network, $"{field}.class_label", violations);
            CheckGuidance(row, network, $"{field}.guidance_scale", violations);
            queries[i] = new NoiseQuery(
                ReadImage(row.X, network, $"{field}.x", violations),
                row.Timestep,
                row.HasClassLabel ? row.ClassLabel : null,
                row.HasGuidanceScale ? row.GuidanceScale : 1);
        }
        return queries;
    }

    private static float[] ReadImage(Tensor? x, NetworkDescription? network, string field, Violations violations)
    {
        if (!TensorCodec.Validate(x, field, violations))
            return [];
        if (network is not null && !x!.Shape.SequenceEqual(network.Shape.Select(extent => (long)extent)))
        {
            violations.Add($"{field}.shape", $"must be [{string.Join(", ", network.Shape)}], is [{string.Join(", ", x.Shape)}]");
            return [];
        }
        var values = TensorCodec.Decode(x!);
        var bad = Array.FindIndex(values, value => !float.IsFinite(value));
        if (bad >= 0)
            violations.Add($"{field}.data", $"must be finite, element {bad} is {values[bad]}");
        return values;
    }

    private static void CheckTimestep(double timestep, NetworkDescription? network, string field, Violations violations)
    {
        if (!double.IsFinite(timestep))
            violations.Add(field, $"must be finite, is {timestep}");
        else if (network is null ? timestep < 0 : timestep < 0 || timestep > network.Schedule.Timesteps - 1)
            violations.Add(field, network is null ? $"must be at least 0, is {timestep}" : $"must be 0 to {network.Schedule.Timesteps - 1}, is {timestep}");
    }

    private static void CheckClass(NoiseRow row, NetworkDescription? network, string field, Violations violations)
    {
        if (network is null)
            return;
        if (!row.HasClassLabel)
        {
            if (network.Classes > 0 && network.NullClass is null)
                violations.Add(field, $"must be set, 0 to {network.Classes - 1}: the network knows no null class");
        }
        else if (network.Classes == 0)
        {
            violations.Add(field, "must not be set: the network knows no classes");
        }
        else if (row.ClassLabel < 0 || row.ClassLabel >= network.Classes)
        {
            violations.Add(field, $"must be 0 to {network.Classes - 1}, is {row.ClassLabel}");
        }
    }

    private static void CheckGuidance(NoiseRow row, NetworkDescription? network, string field, Violations violations)
    {
        if (!row.HasGuidanceScale || row.GuidanceScale == 1)
            return;
        if (!(row.GuidanceScale >= 0 && row.GuidanceScale <= MaximumGuidanceScale))
            violations.Add(field, $"must be 0 to {MaximumGuidanceScale}, is {row.GuidanceScale}");
        else if (!row.HasClassLabel)
            violations.Add(field, "must be 1 or unset where class_label is unset");
        else if (network is { NullClass: null })
            violations.Add(field, "must be 1 or unset: the network knows no null class");
    }
}
