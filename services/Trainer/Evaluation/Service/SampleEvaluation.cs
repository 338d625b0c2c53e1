using Ddpm.Imaging;
using Ddpm.Networks;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Compares the images of jobs with real ones, and keeps the figures with the version that made them.</summary>
internal sealed class SampleEvaluation(JobSamples samples, FeatureNetworks networks, DataSetLibrary dataSets, IModelRegistry models, TimeProvider time)
{
    private const int DefaultReferenceCount = 10_000;

    /// <param name="request">Its fields are within their rules.</param>
    /// <param name="progress">Hears how many images are fetched.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FeaturesMissingException">No features are known for such images.</exception>
    /// <exception cref="DataSetNotFoundException">No such data set.</exception>
    /// <exception cref="ArgumentException">Too few images.</exception>
    public async Task<Measurement> RunAsync(EvaluateJobsRequest request, Func<int, int, Task> progress, CancellationToken cancellationToken)
    {
        var set = await samples.FetchAsync(request.JobIds, progress, cancellationToken);
        var data = dataSets.Get(request.DataSet, cancellationToken);
        var version = await models.ResolveAsync(set.Spec.Model, set.Spec.Version, cancellationToken);
        var quality = await Task.Factory.StartNew(
            () => Measure(set, version, request, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var measurement = new Measurement
        {
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            DataSet = data.Name,
            DataFingerprint = data.Report.Fingerprint,
            Samples = Describe(set.Spec, quality, request.JobIds),
        };
        // The version may have gone since its job; the figures are answered all the same.
        if (version is not null)
            await models.AddMeasurementAsync(version.Model, version.Version, measurement.ToByteArray(), cancellationToken);
        return measurement;
    }

    /// <summary>Whose features would compare images of a shape with a data set.</summary>
    /// <exception cref="FeaturesMissingException">No features are known for such images.</exception>
    /// <exception cref="DataSetNotFoundException">No such data set.</exception>
    public string FeaturesFor(GetFeaturesRequest request, CancellationToken cancellationToken)
    {
        LibTorch.Load();
        dataSets.Get(request.DataSet, cancellationToken);
        return networks.For(request.Features, new ImageShape(request.SampleShape[0], request.SampleShape[1], request.SampleShape[2])).Name;
    }

    private SampleQuality Measure(SampleSet set, StoredVersion? version, EvaluateJobsRequest request, CancellationToken cancellationToken)
    {
        LibTorch.Load();
        using var scope = NewDisposeScope();
        var features = networks.For(request.Features, set.Shape);
        using var data = dataSets.Open(request.DataSet, set.Shape, ImageFit.Crop, cancellationToken);
        var (reference, _) = ReferenceImages.Of(data, request.ReferenceCount == 0 ? DefaultReferenceCount : request.ReferenceCount);
        var images = tensor(set.Pixels, [set.Count, set.Shape.Channels, set.Shape.Height, set.Shape.Width]);
        return features is FashionClassifier classifier && set.Labels.Count > 0 && KnowsClasses(version)
            ? SampleQuality.MeasureWithClasses(classifier, images, tensor([.. set.Labels.Select(label => (long)label)]), reference, request.Seed)
            : SampleQuality.Measure(features, images, reference, request.Seed);
    }

    /// <summary>Whether the version's labels are the classifier's.</summary>
    private static bool KnowsClasses(StoredVersion? version) =>
        version is not null && version.Description.ClassLabels.SequenceEqual(FashionClassifier.ClassNames, StringComparer.OrdinalIgnoreCase);

    private static SampleMeasurement Describe(JobSpec spec, SampleQuality quality, IEnumerable<string> jobIds)
    {
        var measured = new SampleMeasurement
        {
            Sampler = spec.Sampler,
            Steps = spec.Steps,
            SamplerOptions = { spec.SamplerOptions.Fields.OrderBy(option => option.Key, StringComparer.Ordinal).Select(option => $"{option.Key}={Text(option.Value)}") },
            GuidanceScale = spec.HasGuidanceScale ? spec.GuidanceScale : 1,
            Count = quality.SampleCount,
            Features = quality.Features,
            FrechetDistance = quality.FrechetDistance,
            HalvesDistance = quality.HalvesDistance,
            HalfCount = quality.HalfCount,
            KernelDistance = quality.KernelDistance.Mean,
            KernelDistanceError = quality.KernelDistance.StandardError,
            Precision = quality.PrecisionRecall.Precision,
            Recall = quality.PrecisionRecall.Recall,
            ReferenceCount = quality.ReferenceCount,
            JobIds = { jobIds },
        };
        if (quality.ClassAccuracy is { } accuracy)
        {
            measured.ClassAccuracy = accuracy.Overall;
            measured.ClassAccuracies.AddRange(accuracy.ByClass.Select(share => share ?? double.NaN));
        }
        return measured;
    }

    private static string Text(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue,
        Value.KindOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        _ => value.NumberValue.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
    };
}
