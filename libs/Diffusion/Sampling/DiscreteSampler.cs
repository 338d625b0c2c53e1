using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>A sampler that visits some of a schedule's own timesteps and evaluates the network once at each.</summary>
public abstract class DiscreteSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly int[] _timesteps;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="timesteps">The timesteps to visit, falling.</param>
    private protected DiscreteSampler(NoiseSchedule schedule, int[] timesteps)
    {
        Schedule = schedule;
        _timesteps = timesteps;
    }

    /// <summary>The schedule that the network was trained on.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>The timesteps visited, in order.</summary>
    public IReadOnlyList<int> Timesteps => _timesteps;

    /// <inheritdoc/>
    public override int Steps => _timesteps.Length;

    /// <inheritdoc/>
    public override double TimestepAt(int step) => step == Steps ? 0 : _timesteps[step];

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => step == Steps ? 1 : Schedule.AlphaBars[_timesteps[step]];

    /// <inheritdoc/>
    protected sealed override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (predictedNoise, variance) = await EvaluateWithVarianceAsync(epsilon, state.X, TimestepAt(state.Step), state.Step, cancellationToken).ConfigureAwait(false);
        var (x, denoised) = Move(state, predictedNoise, variance, noise);
        return state with { Step = state.Step + 1, X = x, Denoised = denoised, Evaluations = state.Evaluations + 1 };
    }

    /// <summary>x and x̂_0 after the step that begins at <paramref name="state"/>; v is null where the model does not answer it.</summary>
    private protected abstract (T[] X, T[] Denoised) Move(SamplerState<T> state, T[] predictedNoise, T[]? variance, INoiseSource noise);
}
