using System.Numerics.Tensors;
using Ddpm.Protocol;

namespace Ddpm.Denoiser;

/// <summary>What a row must keep to, by whichever contract it came. A network that is null is not known yet: the rest is checked.</summary>
internal static class NoiseQueryRules
{
    public const int MaximumRows = 1024;
    public const float MaximumGuidanceScale = 30;

    public static void CheckImage(ReadOnlySpan<float> x, string field, Violations violations)
    {
        if (TensorPrimitives.IsFiniteAll(x))
            return;
        var bad = 0;
        while (float.IsFinite(x[bad]))
            bad++;
        violations.Add(field, $"must be finite, element {bad} is {x[bad]}");
    }

    public static void CheckTimestep(double timestep, NetworkDescription? network, string field, Violations violations)
    {
        if (!double.IsFinite(timestep))
            violations.Add(field, $"must be finite, is {timestep}");
        else if (network is null ? timestep < 0 : timestep < 0 || timestep > network.Schedule.Timesteps - 1)
            violations.Add(field, network is null ? $"must be at least 0, is {timestep}" : $"must be 0 to {network.Schedule.Timesteps - 1}, is {timestep}");
    }

    /// <param name="label">Class label; null: unset.</param>
    /// <param name="network">The network.</param>
    /// <param name="field">Where the label came.</param>
    /// <param name="violations">Where to note what is wrong.</param>
    public static void CheckClass(long? label, NetworkDescription? network, string field, Violations violations)
    {
        if (network is null)
            return;
        if (label is null)
        {
            if (network.Classes > 0 && network.NullClass is null)
                violations.Add(field, $"must be set, 0 to {network.Classes - 1}: the network knows no null class");
        }
        else if (network.Classes == 0)
        {
            violations.Add(field, "must not be set: the network knows no classes");
        }
        else if (label < 0 || label >= network.Classes)
        {
            violations.Add(field, $"must be 0 to {network.Classes - 1}, is {label}");
        }
    }

    /// <param name="scale">w; 1: none.</param>
    /// <param name="hasClass">Whether the row has a class label.</param>
    /// <param name="network">The network.</param>
    /// <param name="field">Where the scale came.</param>
    /// <param name="violations">Where to note what is wrong.</param>
    public static void CheckGuidance(float scale, bool hasClass, NetworkDescription? network, string field, Violations violations)
    {
        if (scale == 1)
            return;
        if (!(scale >= 0 && scale <= MaximumGuidanceScale))
            violations.Add(field, $"must be 0 to {MaximumGuidanceScale}, is {scale}");
        else if (!hasClass)
            violations.Add(field, "must be 1 or unset where class_label is unset");
        else if (network is { NullClass: null })
            violations.Add(field, "must be 1 or unset: the network knows no null class");
    }
}
