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
    /// <param name="progress">Told the times that are reached, growing to 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SamplerDivergedException">ε or a product holds NaN or infinity, or the solver cannot go on.</exception>
    public async Task<ImageLikelihood<T>> EvaluateAsync(
        T[] images, VectorJacobianModel<T> model, INoiseSource noise, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var elements = images.Length / _options.Images;
        var probes = Probes(images.Length, elements, noise);
        var evaluations = 0L;

        var solver = new Rk45<T>(SlopeAsync, _options.Tolerance);
        T[] state = [.. images, .. new T[_options.Images]];
        try
        {
            var slope = await SlopeAsync(_options.StartTime, state).ConfigureAwait(false);
            var size = await solver.FirstSizeAsync(_options.StartTime, 1, state, slope).ConfigureAwait(false);
            (state, _, _) = await solver.SolveAsync(_options.StartTime, 1, state, slope, size).ConfigureAwait(false);
        }
        catch (StepTooSmallException e)
        {
            throw new SamplerDivergedException(0, _sde.TimestepAt(e.Time, _schedule), "the solver's steps have become too small to go on");
        }

        var latent = state[..images.Length];
        return new ImageLikelihood<T>(
            [.. latent.Chunk(elements).Zip(state[images.Length..], (z, change) => Prior(z) + double.CreateTruncating(change))], latent, evaluations);

        async ValueTask<T[]> SlopeAsync(double time, T[] at)
        {
            progress?.Report(time);
            var x = at[..images.Length];
            var timestep = _sde.TimestepAt(time, _schedule);
            var predictedNoise = Array.Empty<T>();
            var divergences = new double[_options.Images];
            foreach (var probe in probes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (predictedNoise, var product) = await model(x, timestep, probe, cancellationToken).ConfigureAwait(false);
                evaluations++;
                Check(predictedNoise, timestep);
                Check(product, timestep);
                for (var i = 0; i < x.Length; i++)
                    divergences[i / elements] += double.CreateTruncating(probe[i]) * double.CreateTruncating(product[i]);
            }

            var (half, deviation) = (0.5 * _sde.Beta(time), Math.Sqrt(1 - _sde.AlphaBar(time)));
            var share = _options.Probes == 0 ? 1 : 1.0 / probes.Count;
            return
            [
                .. LinearCombination.Of((-half, x), (half / deviation, predictedNoise)),
                .. divergences.Select(divergence => T.CreateTruncating(half * ((share * divergence / deviation) - elements))),
            ];
        }
    }

    /// <summary>Of random signs; or the unit vectors, at once in all images.</summary>
    private List<T[]> Probes(int length, int elements, INoiseSource noise)
    {
        var probes = new List<T[]>();
        for (var k = 0; k < (_options.Probes == 0 ? elements : _options.Probes); k++)
        {
            var probe = new T[length];
            if (_options.Probes > 0)
                noise.Fill<T>(probe, k, NoiseUse.Probe);
            for (var i = 0; i < length; i++)
            {
                probe[i] = _options.Probes == 0
                    ? i % elements == k ? T.One : T.Zero
                    : T.CopySign(T.One, probe[i]);
            }

            probes.Add(probe);
        }

        return probes;
    }

    /// <summary>log N(z; 0, I).</summary>
    private static double Prior(T[] z) => -0.5 * ((z.Length * Math.Log(2 * Math.PI)) + z.Sum(value => Math.Pow(double.CreateTruncating(value), 2)));

    private static void Check(T[] values, double timestep)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!T.IsFinite(values[i]))
                throw new SamplerDivergedException(0, timestep, i);
        }
    }
}
