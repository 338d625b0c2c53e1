using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The probability-flow ODE of the variance-preserving SDE, dx/dt = −½ β(t) (x + s(x, t)) (Song et al. 2021, equation 13 with 32), solved with error control as
/// score_sde does through scipy's <c>RK45</c>, or by Heun's method.
/// </summary>
/// <remarks>
/// N equal stretches of time from 1 to the end time are the sampler's steps; within each there are as many steps of the solver as the tolerance wants, the
/// size of which goes on from stretch to stretch. With one stretch the solver is on its own.
/// </remarks>
public sealed class PfOdeSampler<T> : SdeSampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private const string Slope = "slope";

    /// <summary>The solver's next step, as a sum, since <typeparamref name="T"/> alone may be too coarse for it.</summary>
    private const string StepSize = "step_size";

    private readonly PfOdeOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">N, at least 1.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public PfOdeSampler(NoiseSchedule schedule, int steps, PfOdeOptions options)
        : base(schedule, steps, VpSde.Of(options.BetaMin, options.BetaMax), options.EndTime)
    {
        if (!(options.Tolerance > 0))
            throw new ArgumentException($"The tolerance is {options.Tolerance}; it lies above 0.", nameof(options));
        _options = options;
    }

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
            var solver = new Rk45<T>(SlopeAsync, _options.Tolerance);
            var size = history.TryGetValue(StepSize, out var parts)
                ? parts.Sum(double.CreateTruncating)
                : await solver.FirstSizeAsync(from, EndTime, x, slope).ConfigureAwait(false);
            try
            {
                (x, slope, size) = await solver.SolveAsync(from, to, x, slope, size).ConfigureAwait(false);
            }
            catch (StepTooSmallException e)
            {
                throw new SamplerDivergedException(state.Step, Sde.TimestepAt(e.Time, Schedule), e);
            }

            history = history.SetItem(StepSize, Parts(size));
        }

        var denoised = Denoised(x, slope, to);
        return state.Step == Steps - 1
            ? new SamplerState<T>(Steps, _options.Denoise ? WithoutNoise(x, slope) : x, denoised, state.Evaluations + evaluations, ImmutableDictionary<string, T[]>.Empty)
            : new SamplerState<T>(state.Step + 1, x, denoised, state.Evaluations + evaluations, history.SetItem(Slope, slope));

        async ValueTask<T[]> SlopeAsync(double time, T[] at)
        {
            evaluations++;
            var predictedNoise = await EvaluateAsync(epsilon, at, Sde.TimestepAt(time, Schedule), state.Step, cancellationToken).ConfigureAwait(false);
            return Sde.Flow(time, at, predictedNoise);
        }
    }

    /// <summary>x̂_0 = (x + (1−ᾱ) s)/√ᾱ with the score that dx/dt tells, s = −x − 2/β dx/dt.</summary>
    private T[] Denoised(T[] x, T[] slope, double time)
    {
        var alphaBar = Sde.AlphaBar(time);
        return LinearCombination.Of((Math.Sqrt(alphaBar), x), (-2 * (1 - alphaBar) / (Sde.Beta(time) * Math.Sqrt(alphaBar)), slope));
    }

    /// <summary>A step of reverse diffusion without its noise, (2 − √(1−β_i)) x + β_i s, by the forward process in T steps.</summary>
    private T[] WithoutNoise(T[] x, T[] slope)
    {
        var last = Schedule.Timesteps - 1;
        var beta = Sde.Beta(Math.Floor(EndTime * last) / last) / Schedule.Timesteps;
        return LinearCombination.Of((2 - Math.Sqrt(1 - beta) - beta, x), (-2 * beta / Sde.Beta(EndTime), slope));
    }

    private static T[] Parts(double value)
    {
        var coarse = T.CreateTruncating(value);
        return [coarse, T.CreateTruncating(value - double.CreateTruncating(coarse))];
    }

    /// <summary>The last stretch ends at the end time.</summary>
    private protected override double TimeAt(int step) => 1 + (step * (EndTime - 1) / Steps);
}
