using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The probability-flow ODE of the variance-preserving SDE, dx/dt = −½ β(t) (x + s(x, t)) (Song et al. 2021, equation 13 with 32), solved with error control as
/// score_sde does through scipy's <c>RK45</c>, or by Heun's method.
/// </summary>
/// <remarks>
/// N equal stretches of time from 1 to the end time are the sampler's steps; within each there are as many steps of the solver as the tolerance wants, the
/// size of which goes on from stretch to stretch. With one stretch the solver is on its own. A step of the solver with error e, the root mean square over
/// |x| and tolerance, is taken where e &lt; 1, and the next one is 0.9 e^(−1/5) times as long, within 0.2 … 10.
/// </remarks>
public sealed class PfOdeSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private const string Slope = "slope";

    /// <summary>The solver's next step, as a sum, since <typeparamref name="T"/> alone may be too coarse for it.</summary>
    private const string StepSize = "step_size";

    private readonly NoiseSchedule _schedule;
    private readonly PfOdeOptions _options;
    private readonly VpSde _sde;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">N, at least 1.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public PfOdeSampler(NoiseSchedule schedule, int steps, PfOdeOptions options)
    {
        if (steps < 1)
            throw new ArgumentException($"{steps} steps; there must be at least 1.", nameof(steps));
        if (!(options.EndTime > 0 && options.EndTime < 1 && options.Tolerance > 0))
            throw new ArgumentException($"The end time is {options.EndTime}, within 0 … 1, and the tolerance {options.Tolerance}, above 0.", nameof(options));
        Steps = steps;
        _schedule = schedule;
        _options = options;
        _sde = VpSde.Of(options.BetaMin, options.BetaMax);
    }

    /// <inheritdoc/>
    public override int Steps { get; }

    /// <inheritdoc/>
    public override double TimestepAt(int step) => step == Steps ? 0 : _sde.TimestepAt(TimeAt(step), _schedule);

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => step == Steps ? 1 : _sde.AlphaBar(TimeAt(step));

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var evaluations = 0;
        var (from, to) = (TimeAt(state.Step), TimeAt(state.Step + 1));
        var history = state.History;
        var x = state.X;
        var slope = history.GetValueOrDefault(Slope) ?? await SlopeAsync(from, x).ConfigureAwait(false);
        if (_options.Method == PfOdeMethod.Heun)
        {
            var there = await SlopeAsync(to, LinearCombination.Of((1, x), (to - from, slope))).ConfigureAwait(false);
            x = LinearCombination.Of((1, x), (0.5 * (to - from), slope), (0.5 * (to - from), there));
            slope = await SlopeAsync(to, x).ConfigureAwait(false);
        }
        else
        {
            var size = history.TryGetValue(StepSize, out var parts)
                ? parts.Sum(double.CreateTruncating)
                : await FirstSizeAsync(SlopeAsync, from, x, slope).ConfigureAwait(false);
            (x, slope, size) = await SolveAsync(SlopeAsync, from, to, x, slope, size, state.Step).ConfigureAwait(false);
            history = history.SetItem(StepSize, Parts(size));
        }

        var denoised = Denoised(x, slope, to);
        return state.Step == Steps - 1
            ? new SamplerState<T>(Steps, _options.Denoise ? WithoutNoise(x, slope) : x, denoised, state.Evaluations + evaluations, ImmutableDictionary<string, T[]>.Empty)
            : new SamplerState<T>(state.Step + 1, x, denoised, state.Evaluations + evaluations, history.SetItem(Slope, slope));

        async ValueTask<T[]> SlopeAsync(double time, T[] at)
        {
            evaluations++;
            var predictedNoise = await EvaluateAsync(epsilon, at, _sde.TimestepAt(time, _schedule), state.Step, cancellationToken).ConfigureAwait(false);
            var half = 0.5 * _sde.Beta(time);
            return LinearCombination.Of((-half, at), (half / Math.Sqrt(1 - _sde.AlphaBar(time)), predictedNoise));
        }
    }

    /// <summary>Solves from one time to another, below it.</summary>
    /// <returns>x and dx/dt at the end, and the size of the next step.</returns>
    private async ValueTask<(T[] X, T[] Slope, double Size)> SolveAsync(
        Func<double, T[], ValueTask<T[]>> slopeAt, double from, double to, T[] x, T[] slope, double size, int step)
    {
        var time = from;
        var rejected = false;
        while (time > to)
        {
            if (size <= 10 * (time - Math.BitDecrement(time)))
                throw new SamplerDivergedException(step, _sde.TimestepAt(time, _schedule), "the solver's steps have become too small to go on");
            var end = Math.Max(to, time - size);
            var (next, nextSlope, error) = await DormandPrince.StepAsync(slopeAt, time, end - time, x, slope).ConfigureAwait(false);
            var relative = RootMeanSquare(error, x, next);
            // Where the stretch's end cut the step short, its size stands for the next one too.
            var (taken, factor) = (time - end, Math.Clamp(0.9 * Math.Pow(relative, -0.2), 0.2, 10));
            if (relative < 1)
            {
                var grown = taken * (rejected ? Math.Min(1, factor) : factor);
                size = end == to && to > _options.EndTime ? Math.Max(size, grown) : grown;
                (time, x, slope, rejected) = (end, next, nextSlope, false);
            }
            else
            {
                (size, rejected) = (taken * factor, true);
            }
        }

        return (x, slope, size);
    }

    /// <summary>A first step by the sizes of x, dx/dt and its change (Hairer, Nørsett and Wanner 1993, section II.4).</summary>
    private async ValueTask<double> FirstSizeAsync(Func<double, T[], ValueTask<T[]>> slopeAt, double time, T[] x, T[] slope)
    {
        var (d0, d1) = (RootMeanSquare(x, x, x), RootMeanSquare(slope, x, x));
        var h0 = Math.Min(time - _options.EndTime, d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * d0 / d1);
        var there = await slopeAt(time - h0, LinearCombination.Of((1, x), (-h0, slope))).ConfigureAwait(false);
        var d2 = RootMeanSquare(LinearCombination.Of((1, there), (-1, slope)), x, x) / h0;
        var h1 = d1 <= 1e-15 && d2 <= 1e-15 ? Math.Max(1e-6, h0 * 1e-3) : Math.Pow(0.01 / Math.Max(d1, d2), 0.2);
        return Math.Min(100 * h0, h1);
    }

    /// <summary>Of values over what is allowed: the tolerance, and as much of the larger of |x| and |y|.</summary>
    private double RootMeanSquare(T[] values, T[] x, T[] y)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var scale = _options.Tolerance * (1 + Math.Max(Math.Abs(double.CreateTruncating(x[i])), Math.Abs(double.CreateTruncating(y[i]))));
            sum += Math.Pow(double.CreateTruncating(values[i]) / scale, 2);
        }

        return Math.Sqrt(sum / values.Length);
    }

    /// <summary>x̂_0 = (x + (1−ᾱ) s)/√ᾱ with the score that dx/dt tells, s = −x − 2/β dx/dt.</summary>
    private T[] Denoised(T[] x, T[] slope, double time)
    {
        var alphaBar = _sde.AlphaBar(time);
        return LinearCombination.Of((Math.Sqrt(alphaBar), x), (-2 * (1 - alphaBar) / (_sde.Beta(time) * Math.Sqrt(alphaBar)), slope));
    }

    /// <summary>A step of reverse diffusion without its noise, (2 − √(1−β_i)) x + β_i s, by the forward process in T steps.</summary>
    private T[] WithoutNoise(T[] x, T[] slope)
    {
        var last = _schedule.Timesteps - 1;
        var beta = _sde.Beta(Math.Floor(_options.EndTime * last) / last) / _schedule.Timesteps;
        return LinearCombination.Of((2 - Math.Sqrt(1 - beta) - beta, x), (-2 * beta / _sde.Beta(_options.EndTime), slope));
    }

    private static T[] Parts(double value)
    {
        var coarse = T.CreateTruncating(value);
        return [coarse, T.CreateTruncating(value - double.CreateTruncating(coarse))];
    }

    private double TimeAt(int step) => 1 + (step * (_options.EndTime - 1) / Steps);
}
