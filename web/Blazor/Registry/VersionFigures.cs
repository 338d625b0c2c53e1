using System.Globalization;
using Ddpm.V1;
using Ddpm.Web.Wording;

namespace Ddpm.Web.Registry;

/// <summary>What is known of how good a version is, as people read it.</summary>
public static class VersionFigures
{
    /// <summary>Name, value, and how it was found; the newest measurement of each kind.</summary>
    public static IEnumerable<(string Name, string Value, string How)> Of(ModelVersion version)
    {
        if (version.Training is { } training)
        {
            if (training.Loss > 0)
                yield return ("Training loss", PlainWords.Loss(training.Loss), $"At the end of {PlainWords.Count(training.Steps)} steps, smoothed");
            if (training.HasValidationLoss)
                yield return ("Loss on images kept apart", WithError(training.ValidationLoss, training.HasValidationLossError ? training.ValidationLossError : null), $"{PlainWords.Count(training.ValidationImages)} images of {training.DataSet}");
        }
        if (version.Measurements.Select(measured => (measured, measured.Samples)).FirstOrDefault(one => one.Samples is not null) is ({ } of, { } samples))
        {
            var how = $"{PlainWords.Count(samples.Count)} samples by {samples.Sampler} in {PlainWords.Count(samples.Steps)} steps"
                + $"{(samples.GuidanceScale == 1 ? "" : $", guidance {PlainWords.Number(samples.GuidanceScale)}")}, against {of.DataSet}; "
                + $"features of {samples.Features}; real images against each other: {Short(samples.HalvesDistance)}";
            yield return (FrechetName(samples), Short(samples.FrechetDistance), how);
            if (samples.HasClassAccuracy)
                yield return ("Class accuracy", Percent(samples.ClassAccuracy), "Share of the samples in which the classifier finds the class asked for");
            yield return ("Precision", Percent(samples.Precision), "Share of the samples that lie among the real images");
            yield return ("Recall", Percent(samples.Recall), "Share of the real images that lie among the samples");
        }
        if (version.Measurements.Select(measured => (measured, measured.Bound)).FirstOrDefault(one => one.Bound is not null) is ({ } on, { } bound))
            yield return ("Bits per dimension", WithError(bound.BitsPerDimension, bound.StandardError), $"At most, on {PlainWords.Count(bound.Count)} images of {on.DataSet}");
    }

    /// <summary>FID where Inception's features were compared, FMD with those of the shipped classifier.</summary>
    private static string FrechetName(SampleMeasurement samples) =>
        samples.Features.StartsWith("inception", StringComparison.OrdinalIgnoreCase) ? "FID" : "FMD";

    /// <summary>Two digits of the error, and as many of the value: <c>0.03742 ± 0.00031</c>.</summary>
    private static string WithError(double value, double? error)
    {
        if (error is not > 0)
            return PlainWords.Loss(value);
        var format = "0." + new string('0', Math.Clamp(1 - (int)Math.Floor(Math.Log10(error.Value)), 0, 8));
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} ± {error.Value.ToString(format, CultureInfo.InvariantCulture)}";
    }

    private static string Short(double value) => value.ToString("0.0#", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");
}
