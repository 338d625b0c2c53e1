using Ddpm.Imaging;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Measures the variational bound of a version on images of a data set, and keeps it with the version.</summary>
internal sealed class BoundEvaluation(DataSetLibrary dataSets, IModelRegistry models, TimeProvider time)
{
    private const int DefaultCount = 100;
    private const int DefaultEvery = 50;

    /// <param name="version">Which.</param>
    /// <param name="request">Its fields are within their rules.</param>
    /// <param name="progress">Hears which part of the terms is done, of 1000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DataSetNotFoundException">No such data set.</exception>
    /// <exception cref="ArgumentException">The images or an option do not fit the version.</exception>
    /// <exception cref="ModelCorruptException">The version does not have the bytes that were published.</exception>
    public async Task<Measurement> RunAsync(StoredVersion version, MeasureBoundRequest request, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var data = dataSets.Get(request.DataSet, cancellationToken);
        var folder = await models.OpenAsync(version.Model, version.Version, cancellationToken);
        var bound = await Task.Factory.StartNew(
            () => Measure(folder, request, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var measurement = new Measurement
        {
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            DataSet = data.Name,
            DataFingerprint = data.Report.Fingerprint,
            Bound = new BoundMeasurement
            {
                BitsPerDimension = bound.Total,
                StandardError = bound.StandardError,
                Prior = bound.Prior,
                Transitions = bound.Transitions,
                Decoder = bound.Decoder,
                Count = bound.ByImage.Count,
            },
        };
        await models.AddMeasurementAsync(version.Model, version.Version, measurement.ToByteArray(), cancellationToken);
        return measurement;
    }

    private VariationalBound Measure(string folder, MeasureBoundRequest request, IProgress<double> progress, CancellationToken cancellationToken)
    {
        using var checkpoint = Checkpoint.Load(folder);
        var config = checkpoint.Network.Config;
        var size = config.SampleSize ?? throw new ArgumentException("The version's config.json names no sample_size, so images cannot be fitted to it.");
        using var data = dataSets.Open(request.DataSet, new ImageShape(config.InChannels, size.Height, size.Width), ImageFit.Crop, cancellationToken);
        using var scope = NewDisposeScope();
        var (images, labels) = ReferenceImages.Of(data, request.Count == 0 ? DefaultCount : request.Count);
        if (request.Every >= checkpoint.Scheduler.NumTrainTimesteps)
            throw RpcErrors.Invalid("every", $"must be 1 to {checkpoint.Scheduler.NumTrainTimesteps - 1}, one less than the version's timesteps; is {request.Every}");
        var every = request.Every == 0 ? Math.Min(DefaultEvery, checkpoint.Scheduler.NumTrainTimesteps - 1) : request.Every;
        var options = new VariationalBoundOptions { Every = every, Seed = request.Seed };
        var classes = (config.NumClassEmbeds ?? 0) - (config.NullClassEmbed is null ? 0 : 1);
        if (classes > 0 && data.Classes > classes)
            throw new ArgumentException($"The data set has {data.Classes} classes, the version {classes}.");
        return VariationalBound.Measure(checkpoint, images, classes > 0 ? labels : null, options, progress, cancellationToken);
    }
}
