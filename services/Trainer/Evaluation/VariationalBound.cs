using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Trainer.Training;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// The bound on the negative log-likelihood of bytes, L = L_T + Σ_{t=1}^{T−1} L_t + L_0 (Ho et al. 2020, equation 5, there with t from 1), in
/// bits per dimension, averaged over images. The terms are numbered by the timestep t = 0 … T − 1 that the network sees.
/// </summary>
/// <param name="Total">L.</param>
/// <param name="StandardError">Of <paramref name="Total"/>, from the deviation between images; 0 for one image.</param>
/// <param name="Prior">L_T: how far x_T is from pure noise. No network can change it.</param>
/// <param name="Transitions">Σ L_t, t = 1 … T − 1.</param>
/// <param name="Decoder">L_0.</param>
/// <param name="ByTimestep">L_t, t = 0 … T − 1, averaged over the images that took it; null where none did.</param>
/// <param name="ByImage">L of each image.</param>
/// <param name="Every">Each image took every so manieth term.</param>
public sealed record VariationalBound(
    double Total,
    double StandardError,
    double Prior,
    double Transitions,
    double Decoder,
    IReadOnlyList<double?> ByTimestep,
    IReadOnlyList<double> ByImage,
    int Every)
{
    /// <summary>Measures images by a checkpoint's noise and, where it learned them, its own variances.</summary>
    /// <param name="checkpoint">The network, and the schedule that it was trained with.</param>
    /// <param name="images">Bytes as uint8, [n, channels, height, width].</param>
    /// <param name="labels">Their classes, [n], int64; null: none.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told the share of the evaluations that are done or under way, 0 … 1.</param>
    /// <param name="cancellationToken">Looked at before each batch of evaluations.</param>
    /// <exception cref="ArgumentException">The images, the labels or an option break a rule.</exception>
    public static VariationalBound Measure(
        Checkpoint checkpoint,
        Tensor images,
        Tensor? labels = null,
        VariationalBoundOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var predict = NetworkReverse.Of(checkpoint.Network, checkpoint.Scheduler);
        var total = images.shape[0] * (1 + ((checkpoint.Scheduler.NumTrainTimesteps - 1.0) / (options?.Every ?? 1)));
        var done = 0L;
        return Measure(
            (noisy, timesteps, of) =>
            {
                done += noisy.shape[0];
                progress?.Report(Math.Min(1, done / total));
                return predict(noisy, timesteps, of);
            },
            NoiseSchedules.Of(checkpoint.Scheduler),
            images,
            labels,
            options,
            cancellationToken);
    }

    /// <summary>Measures images.</summary>
    /// <param name="predict">ε_θ.</param>
    /// <param name="schedule">The schedule that the network was trained with.</param>
    /// <param name="images">Bytes as uint8, [n, channels, height, width].</param>
    /// <param name="labels">Their classes, [n], int64; null: none.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="cancellationToken">Looked at before each batch of evaluations.</param>
    /// <exception cref="ArgumentException">The images, the labels or an option break a rule.</exception>
    public static VariationalBound Measure(
        NoisePredictor predict,
        NoiseSchedule schedule,
        Tensor images,
        Tensor? labels = null,
        VariationalBoundOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Measure((noisy, timesteps, of) => new ReverseStep(predict(noisy, timesteps, of), null), schedule, images, labels, options, cancellationToken);

    private static VariationalBound Measure(
        ReversePredictor predict,
        NoiseSchedule schedule,
        Tensor images,
        Tensor? labels,
        VariationalBoundOptions? options,
        CancellationToken cancellationToken)
    {
        options ??= new VariationalBoundOptions();
        ThrowIfUnfit(schedule, images, labels, options);
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var terms = new VariationalBoundTerms(predict, schedule, options);
        var count = (int)images.shape[0];
        var (prior, decoder, transitions) = (new double[count], new double[count], new double[count]);
        var (sums, taken) = (new double[schedule.Timesteps], new int[schedule.Timesteps]);
        for (var first = 0; first < count; first += options.BatchSize)
        {
            var rows = Enumerable.Range(first, Math.Min(options.BatchSize, count - first)).ToArray();
            using var batchScope = NewDisposeScope();
            var clean = images[first..(first + rows.Length)].to(float64) / 127.5 - 1;
            terms.Prior(clean).CopyTo(prior, first);
            // The zeroth round is the decoder's.
            for (var round = 0; terms.Take(rows, round) is { Length: > 0 } steps; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var roundScope = NewDisposeScope();
                var places = tensor(steps.Select(step => (long)(step.Image - first)).ToArray());
                var values = terms.Transition(clean.index_select(0, places), steps, labels?.narrow(0, first, rows.Length).index_select(0, places));
                foreach (var (step, value) in steps.Zip(values))
                {
                    sums[step.Timestep] += value;
                    taken[step.Timestep]++;
                    if (step.Timestep == 0)
                        decoder[step.Image] = value;
                    else
                        transitions[step.Image] += options.Every * value;
                }
            }
        }
        double[] total = [.. Enumerable.Range(0, count).Select(i => prior[i] + transitions[i] + decoder[i])];
        return new VariationalBound(
            total.Average(),
            StandardErrorOf(total),
            prior.Average(),
            transitions.Average(),
            decoder.Average(),
            [.. sums.Zip(taken, (sum, n) => n == 0 ? (double?)null : sum / n)],
            total,
            options.Every);
    }

    private static double StandardErrorOf(double[] values)
    {
        if (values.Length == 1)
            return 0;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);
    }

    private static void ThrowIfUnfit(NoiseSchedule schedule, Tensor images, Tensor? labels, VariationalBoundOptions options)
    {
        if (images.dtype != uint8 || images.shape is not [> 0, > 0, > 0, > 0])
            throw new ArgumentException($"Images are uint8 [n, channels, height, width], these are {images.dtype} [{string.Join(", ", images.shape)}].", nameof(images));
        if (labels is not null && (labels.dtype != int64 || labels.shape is not [var count] || count != images.shape[0]))
            throw new ArgumentException($"Labels are int64 [{images.shape[0]}], these are {labels.dtype} [{string.Join(", ", labels.shape)}].", nameof(labels));
        if (options.Every < 1 || options.Every >= schedule.Timesteps)
            throw new ArgumentException($"Every must be 1 … {schedule.Timesteps - 1}, is {options.Every}.", nameof(options));
        if (options.BatchSize < 1)
            throw new ArgumentException($"BatchSize must be at least 1, is {options.BatchSize}.", nameof(options));
    }
}
