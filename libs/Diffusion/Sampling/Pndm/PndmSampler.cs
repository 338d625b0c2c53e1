using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Pseudo numerical methods on manifolds: linear multistep of order four (Liu et al. 2022, algorithms 1 and 2, equations 9, 12 and 13).</summary>
/// <remarks>
/// ε′ = (55 ε_t − 59 ε_{t+δ} + 37 ε_{t+2δ} − 9 ε_{t+3δ})/24, and x moves along ε′ as DDIM with η = 0 does, x_s = √(ᾱ_s/ᾱ_t) x_t + (√(1−ᾱ_s) − √(ᾱ_s/ᾱ_t) √(1−ᾱ_t)) ε′, to the
/// timestep that is visited next, δ below. The first steps are Runge–Kutta steps, or multistep ones of what there is, of which the very first has a second evaluation at its end.
/// </remarks>
public sealed class PndmSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private static readonly string[] Remembered = ["noise.1", "noise.2", "noise.3"];

    /// <summary>Adams–Bashforth by order (there, equation 12; the lower ones are those of PLMS).</summary>
    private static readonly double[][] AdamsBashforth = [[1], [3 / 2.0, -1 / 2.0], [23 / 12.0, -16 / 12.0, 5 / 12.0], [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0]];

    private readonly NoiseSchedule _schedule;
    private readonly int[] _timesteps;
    private readonly int _half;
    private readonly PndmOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">1 … T.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps out of range.</exception>
    public PndmSampler(NoiseSchedule schedule, int steps, PndmOptions options)
    {
        _timesteps = TimestepSelection.Select(options.Spacing, schedule.Timesteps, steps);
        _schedule = schedule;
        _half = schedule.Timesteps / steps / 2;
        _options = options;
        Steps = steps;
    }

    /// <inheritdoc/>
    public override int Steps { get; }

    /// <inheritdoc/>
    public override double TimestepAt(int step) => step == Steps ? 0 : _timesteps[step];

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => AlphaBar(Visited(step));

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (t, next) = (Visited(state.Step), Visited(state.Step + 1));
        var first = await AskAsync(state.X, t).ConfigureAwait(false);
        T[][] known = [first, .. Remembered.Where(state.History.ContainsKey).Select(name => state.History[name])];
        var evaluations = 1;
        var direction = LinearCombination.Of([.. AdamsBashforth[known.Length - 1].Zip(known)]);
        // Below the lowest timestep the network cannot be asked.
        if (_options.RungeKuttaStart && known.Length <= Remembered.Length && next >= 0)
        {
            direction = await RungeKuttaAsync().ConfigureAwait(false);
            evaluations = 4;
        }
        else if (known.Length == 1 && next >= 0)
        {
            var there = await AskAsync(Move(state.X, first, t, next), next).ConfigureAwait(false);
            direction = LinearCombination.Of((0.5, there), (0.5, first));
            evaluations = 2;
        }

        return new SamplerState<T>(
            state.Step + 1,
            Move(state.X, direction, t, next),
            ForwardProcess.Denoised<T>(state.X, direction, AlphaBar(t)),
            state.Evaluations + evaluations,
            Remembered.Zip(known).ToImmutableDictionary(pair => pair.First, pair => pair.Second));

        ValueTask<T[]> AskAsync(T[] x, int timestep) => EvaluateAsync(epsilon, x, timestep, state.Step, cancellationToken);

        async ValueTask<T[]> RungeKuttaAsync()
        {
            var middle = next + _half;
            var second = await AskAsync(Move(state.X, first, t, middle), middle).ConfigureAwait(false);
            var third = await AskAsync(Move(state.X, second, t, middle), middle).ConfigureAwait(false);
            var fourth = await AskAsync(Move(state.X, third, t, next), next).ConfigureAwait(false);
            return LinearCombination.Of((1 / 6.0, first), (1 / 3.0, second), (1 / 3.0, third), (1 / 6.0, fourth));
        }
    }

    /// <summary>φ(x_t, ε, t, s) (there, equation 11).</summary>
    private T[] Move(T[] x, T[] direction, int from, int to)
    {
        var (alphaBar, target) = (AlphaBar(from), AlphaBar(to));
        var kept = Math.Sqrt(target / alphaBar);
        return LinearCombination.Of((kept, x), (Math.Sqrt(1 - target) - (kept * Math.Sqrt(1 - alphaBar)), direction));
    }

    /// <summary>The timestep where a step begins; −1 that of the clean image.</summary>
    private int Visited(int step) => step == Steps ? -1 : _timesteps[step];

    private double AlphaBar(int timestep) =>
        timestep >= 0 ? _schedule.AlphaBars[timestep] : _options.SetAlphaToOne ? 1 : _schedule.AlphaBars[0];
}
