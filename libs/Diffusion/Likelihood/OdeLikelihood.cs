using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The log-likelihood of images by the probability-flow ODE (Song et al. 2021, equation 39): the image is followed to its noise at time 1, and the divergence
/// of the flow on the way is how much the density changes. Solved with error control as score_sde's <c>get_likelihood_fn</c> does through scipy's
/// <c>RK45</c>.
/// </summary>
/// <remarks>
/// dx/dt = −½ β(t) (x − ε/√(1−ᾱ)) and d log p/dt = −½ β(t) (D − ∇·ε/√(1−ᾱ)), with ∇·ε = E vᵀ (∂ε/∂x) v over v of random signs
/// (Skilling 1989, Hutchinson 1990), the same v all the way.
/// </remarks>
public sealed class OdeLikelihood<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly NoiseSchedule _schedule;
    private readonly LikelihoodOptions _options;
    private readonly VpSde _sde;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public OdeLikelihood(NoiseSchedule schedule, LikelihoodOptions options)
    {
        if (!(options.StartTime > 0 && options.StartTime < 1 && options.Tolerance > 0))
            throw new ArgumentException($"The start time is {options.StartTime}, within 0 … 1, and the tolerance {options.Tolerance}, above 0.", nameof(options));
        if (options.Probes < 0 || options.Images < 1)
            throw new ArgumentException($"There are {options.Probes} probes and {options.Images} images; there must be at least 0 and 1.", nameof(options));
        _schedule = schedule;
        _options = options;
        _sde = VpSde.Of(options.BetaMin, options.BetaMax);
    }

    /// <summary>Follows images to their noise.</summary>
    /// <param name="images">x_0, flat.</param>
    /// <param name="model">The network.</param>
    /// <param name="noise">Where the probes are from: their signs are those of its normal numbers.</param>
    /// <param name="progress">Told the times at which the network is asked, which grow to 1 with a step back now and then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The elements are not those of as many images.</exception>
    /// <exception cref="SamplerDivergedException">ε or a product holds NaN or infinity, or the solver cannot go on.</exception>
    public async Task<ImageLikelihood<T>> EvaluateAsync(
        T[] images, VectorJacobianModel<T> model, INoiseSource noise, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (images.Length == 0 || images.Length % _options.Images != 0)
            throw new ArgumentException($"{images.Length} elements are not those of {_options.Images} images of one size.", nameof(images));
        var elements = images.Length / _options.Images;
        List<T[]> probes = _options.Probes == 0
            ? [.. Enumerable.Range(0, elements).Select(k => UnitVectors(images.Length, k, elements))]
            : [.. Enumerable.Range(0, _options.Probes).Select(k => Signs(images.Length, k, noise))];
        var evaluations = 0L;

        T[] state = [.. images, .. new T[_options.Images]];
        try
        {
            var start = _options.ByTimesteps ? _sde.TimeOf(_schedule.AlphaBars[0]) : _options.StartTime;
            state = await new Rk45<T>(SlopeAsync, _options.Tolerance).SolveAsync(start, 1, state).ConfigureAwait(false);
        }
        catch (StepTooSmallException e)
        {
            throw new SamplerDivergedException(0, TimestepAt(e.Time), e);
        }

        var latent = state[..images.Length];
        return new ImageLikelihood<T>(
            [.. latent.Chunk(elements).Zip(state[images.Length..], (z, change) => Prior(z) + double.CreateTruncating(change))], latent, evaluations);

        async ValueTask<T[]> SlopeAsync(double time, T[] at)
        {
            progress?.Report(time);
            var x = at[..images.Length];
            var timestep = TimestepAt(time);
            var predictedNoise = Array.Empty<T>();
            var divergences = new double[_options.Images];
            foreach (var probe in probes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (predictedNoise, var product) = await model(x, timestep, probe, cancellationToken).ConfigureAwait(false);
                evaluations++;
                SamplerDivergedException.ThrowIfNotFinite(predictedNoise, step: 0, timestep);
                SamplerDivergedException.ThrowIfNotFinite(product, step: 0, timestep);
                for (var i = 0; i < x.Length; i++)
                    divergences[i / elements] += double.CreateTruncating(probe[i]) * double.CreateTruncating(product[i]);
            }

            var share = _options.Probes == 0 ? 1 : 1.0 / probes.Count;
            var (half, deviation) = (0.5 * _sde.Beta(time), Math.Sqrt(1 - _sde.AlphaBar(time)));
            return
            [
                .. _sde.Flow(time, x, predictedNoise),
                .. divergences.Select(divergence => T.CreateTruncating(half * ((share * divergence / deviation) - elements))),
            ];
        }
    }

    private double TimestepAt(double time) =>
        _options.ByTimesteps ? _schedule.TimestepOf(_sde.AlphaBar(time)) : _sde.TimestepAt(time, _schedule);

    /// <summary>Random signs.</summary>
    private static T[] Signs(int length, int k, INoiseSource noise)
    {
        var probe = new T[length];
        noise.Fill<T>(probe, k, NoiseUse.Probe);
        return [.. probe.Select(value => T.CopySign(T.One, value))];
    }

    /// <summary>A unit vector of each image.</summary>
    private static T[] UnitVectors(int length, int k, int elements) => [.. Enumerable.Range(0, length).Select(i => i % elements == k ? T.One : T.Zero)];

    /// <summary>log N(z; 0, I).</summary>
    private static double Prior(T[] z) => -0.5 * ((z.Length * Math.Log(2 * Math.PI)) + z.Sum(value => Math.Pow(double.CreateTruncating(value), 2)));
}
