using Ddpm.Diffusion;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>The terms of the bound for single images and timesteps, in bits per dimension.</summary>
internal sealed class VariationalBoundTerms
{
    private readonly ReversePredictor _predict;
    private readonly NoiseSchedule _schedule;
    private readonly VariationalBoundOptions _options;
    private readonly Posterior[] _posteriors;
    private readonly int _shift;

    public VariationalBoundTerms(ReversePredictor predict, NoiseSchedule schedule, VariationalBoundOptions options)
    {
        (_predict, _schedule, _options) = (predict, schedule, options);
        _posteriors = Posterior.Chain(schedule.AlphaBars);
        using var generator = new Generator((ulong)options.Seed);
        using var drawn = randint(0, options.Every, [1], dtype: int64, generator: generator);
        _shift = (int)drawn.item<long>();
    }

    /// <param name="Image">Number of the image.</param>
    /// <param name="Timestep">t.</param>
    public readonly record struct Step(int Image, int Timestep);

    /// <summary>
    /// The timesteps that these images take in a round: 0 in the zeroth, then each image's own; images side by side begin side by side, so that
    /// <see cref="VariationalBoundOptions.Every"/> of them take every timestep once. Empty after the last round.
    /// </summary>
    public Step[] Take(IEnumerable<int> images, int round) => round == 0
        ? [.. images.Select(image => new Step(image, 0))]
        : [.. images.Select(image => new Step(image, 1 + ((_shift + image) % _options.Every) + ((round - 1) * _options.Every))).Where(step => step.Timestep < _schedule.Timesteps)];

    /// <summary>L_T = D(q(x_T | x_0) ‖ N(0, 1)) of each image x_0.</summary>
    public double[] Prior(Tensor clean)
    {
        using var scope = NewDisposeScope();
        var alphaBar = _schedule.AlphaBars[^1];
        return Bits(0.5 * (alphaBar * clean.square() - alphaBar - Math.Log(1 - alphaBar)));
    }

    /// <summary>
    /// L_t of each image x_0, for t ≥ 1 D(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t)) and for t = 0 −ln p_θ(x_0 | x_1), at an x_t drawn for it.
    /// </summary>
    public double[] Transition(Tensor clean, Step[] steps, Tensor? labels)
    {
        using var scope = NewDisposeScope();
        var alphaBar = Column(steps, t => _schedule.AlphaBars[t]);
        var noise = Noise(steps, clean.shape);
        var noisy = alphaBar.sqrt() * clean + (1 - alphaBar).sqrt() * noise;
        // The network's own input, rounded to float32, is what x̂_0 follows from.
        var input = noisy.to(float32);
        var (predicted, learned) = _predict(input, tensor(steps.Select(step => (long)step.Timestep).ToArray()), labels);
        var denoised = (input.to(float64) - (1 - alphaBar).sqrt() * predicted.to(float64)) / alphaBar.sqrt();
        if (_options.ClipDenoised)
            denoised = denoised.clamp(-1, 1);
        var variance = learned ?? Column(steps, ModelVariance);
        return steps[0].Timestep == 0
            ? Bits(-DiscretizedGaussian.LogProbability(clean, denoised, variance.sqrt()))
            : Bits(NormalDivergence.Of(Column(steps, t => _posteriors[t].CleanFactor) * (denoised - clean), Column(steps, t => _posteriors[t].Variance), variance));
    }

    /// <summary>σ_t²; the last step of both kinds takes the posterior's variance at t = 1, as its own is 0 or too large to decode bytes with.</summary>
    private double ModelVariance(int t) =>
        t == 0 ? _posteriors[1].Variance : _options.Variance == DdpmVariance.FixedSmall ? _posteriors[t].Variance : _posteriors[t].Beta;

    private static Tensor Column(Step[] steps, Func<int, double> coefficient) =>
        tensor(steps.Select(step => coefficient(step.Timestep)).ToArray()).reshape(-1, 1, 1, 1);

    /// <summary>A pure function of seed, image and timestep.</summary>
    private Tensor Noise(Step[] steps, long[] shape)
    {
        var size = (int)(shape[1] * shape[2] * shape[3]);
        var values = new double[steps.Length * size];
        foreach (var (row, step) in steps.Index())
            new PhiloxNoise((ulong)_options.Seed, step.Image).Fill(values.AsSpan(row * size, size), step.Timestep, NoiseUse.Step);
        return tensor(values, shape);
    }

    private static double[] Bits(Tensor nats) => (nats.flatten(1).mean([1]) / Math.Log(2)).data<double>().ToArray();
}
