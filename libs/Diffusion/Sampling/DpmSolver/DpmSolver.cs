using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// DPM-Solver++ in its multistep form (Lu et al. 2022, DPM-Solver++, algorithm 2 and appendix B), of order 1 to 3; its SDE form (there, section 6); and
/// multistep DPM-Solver (Lu et al. 2022, DPM-Solver).
/// </summary>
/// <remarks>
/// The linear part of the ODE is solved exactly, and the network's answer is a polynomial in λ through its last ones: with h = λ_t − λ_s,
/// x_t = (σ_t/σ_s) x_s + α_t Σ_k D_k ∫ e^−(λ_t−λ) (λ−λ_s)^k/k! dλ, where D_k are divided differences of x̂_0. Of order 2, ½(1−e^−h) stands for the integral of the
/// first. As in diffusers the first steps are of lower order; so is the last, and where there are fewer than 15 the one before.
/// </remarks>
public sealed class DpmSolver<T> : Solver<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private const int FewSteps = 15;

    private static readonly string[] Remembered = ["output.1", "output.2"];

    private readonly DpmSolverOptions _options;

    /// <param name="levels">The noise levels to visit.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">The order is out of range.</exception>
    public DpmSolver(NoiseLevels levels, DpmSolverOptions options)
        : base(levels, options.Thresholding)
    {
        var highest = options.Kind == DpmSolverKind.DataSde ? 2 : 3;
        if (options.Order < 1 || options.Order > highest)
            throw new ArgumentException($"The order is {options.Order}; it lies within 1 … {highest}.", nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (denoised, predictedNoise) = await PredictAsync(epsilon, state.X, state.Step, cancellationToken).ConfigureAwait(false);
        var output = _options.Kind == DpmSolverKind.Noise ? predictedNoise : denoised;
        T[][] outputs = [output, .. Remembered.Where(state.History.ContainsKey).Select(name => state.History[name])];
        var x = Move(state, outputs, noise);
        var history = Remembered.Take(_options.Order - 1).Zip(outputs).ToImmutableDictionary(pair => pair.First, pair => pair.Second);
        return Next(state, x, denoised, history: history);
    }

    /// <summary>The order of a step: no higher than there are answers, and low at the end.</summary>
    private int OrderAt(int step, int answers)
    {
        var order = Math.Min(_options.Order, answers);
        if (step == Steps - 1 && (Steps < FewSteps || Levels.Sigmas[Steps] == 0))
            return 1;
        return step == Steps - 2 && Steps < FewSteps ? Math.Min(order, 2) : order;
    }

    private T[] Move(SamplerState<T> state, T[][] outputs, INoiseSource noise)
    {
        var s = state.Step;
        var h = Lambda(s + 1) - Lambda(s);
        var order = OrderAt(s, outputs.Length);
        var (kept, factors) = Factors(s, h, order);
        var differences = Differences(s, h, outputs.AsSpan(0, order));
        var x = LinearCombination.Of([(kept, state.X), .. factors.Zip(differences)]);
        if (_options.Kind == DpmSolverKind.DataSde && Levels.Sigmas[s + 1] > 0)
            x = LinearCombination.Of((1, x), (Sigma(s + 1) * Math.Sqrt(-double.ExpM1(-2 * h)), StepNoise(state, noise)));
        return x;
    }

    /// <summary>The factors of x_s and of each D_k.</summary>
    private (double Kept, double[] Factors) Factors(int s, double h, int order)
    {
        var (alpha, sigma) = (Alpha(s + 1), Sigma(s + 1));
        switch (_options.Kind)
        {
            case DpmSolverKind.Data:
                var decay = double.ExpM1(-h);
                return (sigma / Sigma(s), order switch
                {
                    1 => [-alpha * decay],
                    2 => [-alpha * decay, -0.5 * alpha * decay],
                    _ => [-alpha * decay, alpha * ((decay / h) + 1), -alpha * (((decay + h) / (h * h)) - 0.5)],
                });
            case DpmSolverKind.DataSde:
                var forgotten = -double.ExpM1(-2 * h);
                return (sigma / Sigma(s) * Math.Exp(-h), order == 1 ? [alpha * forgotten] : [alpha * forgotten, 0.5 * alpha * forgotten]);
            default:
                var growth = double.ExpM1(h);
                return (alpha / Alpha(s), order switch
                {
                    1 => [-sigma * growth],
                    2 => [-sigma * growth, -0.5 * sigma * growth],
                    _ => [-sigma * growth, -sigma * ((growth / h) - 1), -sigma * (((growth - h) / (h * h)) - 0.5)],
                });
        }
    }

    /// <summary>D_0, the newest answer, and its differences over steps of h.</summary>
    private T[][] Differences(int s, double h, ReadOnlySpan<T[]> outputs)
    {
        if (outputs.Length == 1)
            return [outputs[0]];
        var r0 = (Lambda(s) - Lambda(s - 1)) / h;
        var first = LinearCombination.Of((1 / r0, outputs[0]), (-1 / r0, outputs[1]));
        if (outputs.Length == 2)
            return [outputs[0], first];
        var r1 = (Lambda(s - 1) - Lambda(s - 2)) / h;
        var second = LinearCombination.Of((1 / r1, outputs[1]), (-1 / r1, outputs[2]));
        return
        [
            outputs[0],
            LinearCombination.Of((1 + (r0 / (r0 + r1)), first), (-r0 / (r0 + r1), second)),
            LinearCombination.Of((1 / (r0 + r1), first), (-1 / (r0 + r1), second)),
        ];
    }
}
