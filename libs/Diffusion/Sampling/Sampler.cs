using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The rule that takes a trajectory from pure noise to an image. Immutable: all state is in <see cref="SamplerState{T}"/>, and a step is a pure
/// function of state, ε and noise. Coefficients are float64, tensor arithmetic is in <typeparamref name="T"/>.
/// </summary>
public abstract class Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    /// <summary>Steps from noise to image, at least 1.</summary>
    public abstract int Steps { get; }

    /// <summary>Whether the variance of its noise is the network's (Nichol and Dhariwal 2021, equation 15): the model then answers v after ε.</summary>
    public virtual bool NeedsVariance => false;

    /// <summary>Timestep of the state after <paramref name="step"/> steps; that of the finished image, which is below the lowest, is 0.</summary>
    /// <param name="step">0 … <see cref="Steps"/>.</param>
    public abstract double TimestepAt(int step);

    /// <summary>ᾱ of the state after <paramref name="step"/> steps.</summary>
    /// <param name="step">0 … <see cref="Steps"/>.</param>
    public abstract double AlphaBarAt(int step);

    /// <summary>The state before the first step.</summary>
    /// <param name="noise">x_T: standard normal, one image, flat. It is copied.</param>
    public SamplerState<T> Start(T[] noise) => new(0, [.. noise], null, 0, ImmutableDictionary<string, T[]>.Empty);

    /// <summary>Makes one step. <paramref name="state"/> stays as it is.</summary>
    /// <param name="state">Before the step; <c>Step</c> below <see cref="Steps"/>.</param>
    /// <param name="epsilon">The network.</param>
    /// <param name="noise">The trajectory's noise; asked for under the state's step number.</param>
    /// <param name="cancellationToken">Gives up the step; the state is then as it was.</param>
    /// <returns>The state after the step.</returns>
    /// <exception cref="SamplerDivergedException">ε holds NaN or infinity.</exception>
    /// <exception cref="ArgumentException">The state is finished.</exception>
    public ValueTask<SamplerState<T>> StepAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        if (state.Step < 0 || state.Step >= Steps)
            throw new ArgumentException($"The state has made {state.Step} steps; a next step needs 0 … {Steps - 1}.", nameof(state));
        cancellationToken.ThrowIfCancellationRequested();
        return MoveAsync(state, epsilon, noise, cancellationToken);
    }

    /// <summary>The step itself; the state is not finished.</summary>
    protected abstract ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken);

    /// <summary>Evaluates the network and checks its answer.</summary>
    protected static async ValueTask<T[]> EvaluateAsync(
        EpsilonModel<T> epsilon, T[] x, double timestep, int step, CancellationToken cancellationToken) =>
        (await EvaluateWithVarianceAsync(epsilon, x, timestep, step, cancellationToken).ConfigureAwait(false)).PredictedNoise;

    /// <summary>The same, with v; null where the model does not answer it.</summary>
    private protected static async ValueTask<(T[] PredictedNoise, T[]? Variance)> EvaluateWithVarianceAsync(
        EpsilonModel<T> epsilon, T[] x, double timestep, int step, CancellationToken cancellationToken)
    {
        var answer = await epsilon(x, timestep, cancellationToken).ConfigureAwait(false);
        if (answer.Length != x.Length && answer.Length != 2 * x.Length)
            throw new InvalidOperationException($"The predicted noise has {answer.Length} elements, the image {x.Length}.");
        SamplerDivergedException.ThrowIfNotFinite(answer, step, timestep);
        return answer.Length == x.Length ? (answer, null) : (answer[..x.Length], answer[x.Length..]);
    }

    /// <summary>Noise for the step that begins at <paramref name="state"/>.</summary>
    protected static T[] StepNoise(SamplerState<T> state, INoiseSource noise)
    {
        var values = new T[state.X.Length];
        noise.Fill<T>(values, state.Step, NoiseUse.Step);
        return values;
    }
}
