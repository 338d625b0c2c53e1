using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>UniPC, a predictor and a corrector of one form, for networks as predictors of x̂_0 (Zhao et al. 2023, UniPC, algorithms 1 and 2, equation 9).</summary>
/// <remarks>
/// x_t = (σ_t/σ_s) x_s − α_t (e^−h − 1) x̂_0 − α_t B(h) Σ_m ρ_m D_m/r_m, where D_m are differences of x̂_0 at λ_s + r_m h and ρ solves R ρ = b, a Vandermonde system. The
/// corrector does the step to x_s once more when the network was asked there, with its answer as one further point, and needs no evaluation of its own.
/// </remarks>
public sealed class UniPcSampler<T> : Solver<T>
    where T : struct, IFloatingPointIeee754<T>
{
    /// <summary>x_s that the last step began at, corrected.</summary>
    private const string Origin = "origin";

    private static readonly string[] Remembered = ["denoised.1", "denoised.2", "denoised.3"];

    private readonly UniPcOptions _options;

    /// <param name="levels">The noise levels to visit.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">The order is out of range.</exception>
    public UniPcSampler(NoiseLevels levels, UniPcOptions options)
        : base(levels, options.Thresholding)
    {
        if (options.Order is < 1 or > 3)
            throw new ArgumentException($"The order is {options.Order}; it lies within 1 … 3.", nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var s = state.Step;
        var (denoised, _) = await PredictAsync(epsilon, state.X, s, cancellationToken).ConfigureAwait(false);
        T[][] earlier = [.. Remembered.Where(state.History.ContainsKey).Select(name => state.History[name])];
        var x = state.History.TryGetValue(Origin, out var origin)
            ? Move(s - 1, origin, earlier.AsSpan(0, OrderAt(s - 1, earlier.Length)), corrected: denoised)
            : state.X;

        T[][] outputs = [denoised, .. earlier];
        var history = Remembered.Take(_options.Order).Zip(outputs).ToImmutableDictionary(pair => pair.First, pair => pair.Second).Add(Origin, x);
        return Next(state, Move(s, x, outputs.AsSpan(0, OrderAt(s, outputs.Length)), corrected: null), denoised, history: history);
    }

    /// <summary>The order of a step: no higher than there are answers before it or steps after it.</summary>
    private int OrderAt(int step, int answers) => Math.Min(_options.Order, Math.Min(answers, Steps - step));

    /// <summary>Does the step from level s to the next.</summary>
    /// <param name="s">Where it begins.</param>
    /// <param name="x">x_s.</param>
    /// <param name="outputs">x̂_0 at s and at the levels before, as many as the step's order.</param>
    /// <param name="corrected">x̂_0 at the level where it ends: then it is the corrector's. Null: the predictor's.</param>
    private T[] Move(int s, T[] x, ReadOnlySpan<T[]> outputs, T[]? corrected)
    {
        var h = Lambda(s + 1) - Lambda(s);
        var alpha = Alpha(s + 1);
        var decay = double.ExpM1(-h);
        List<(double, T[])> terms = [(Sigma(s + 1) / Sigma(s), x), (-alpha * decay, outputs[0])];
        // r_m of the answers before s, below 0, and of the one where the step ends, 1.
        List<(double R, T[] Output)> points = [];
        for (var m = 1; m < outputs.Length; m++)
            points.Add(((Lambda(s - m) - Lambda(s)) / h, outputs[m]));
        if (corrected is not null)
            points.Add((1, corrected));
        if (points.Count == 0)
            return LinearCombination.Of([.. terms]);

        var b = _options.Step == UniPcStep.Bh1 ? -h : decay;
        var weights = Weights(h, b, [.. points.Select(point => point.R)]);
        foreach (var ((r, output), weight) in points.Zip(weights))
        {
            terms.Add((-alpha * b * weight / r, output));
            terms.Add((alpha * b * weight / r, outputs[0]));
        }

        return LinearCombination.Of([.. terms]);
    }

    /// <summary>ρ; a single one is ½, which is right to the same order (there, appendix F).</summary>
    private static double[] Weights(double h, double b, double[] r)
    {
        if (r.Length == 1)
            return [0.5];
        // φ_1 = e^−h − 1 over −h, and φ_{k+1} = (φ_k − 1/k!)/(−h); the right side is k! φ_{k+1}(−h) h / B(h).
        var right = new double[r.Length];
        var phi = (double.ExpM1(-h) / -h) - 1;
        var factorial = 1.0;
        for (var k = 0; k < right.Length; k++)
        {
            right[k] = phi * factorial / b;
            factorial *= k + 2;
            phi = (phi / -h) - (1 / factorial);
        }

        return Vandermonde(r, right);
    }

    /// <summary>Solves Σ_m r_m^k ρ_m = b_k by elimination; there are three at most.</summary>
    private static double[] Vandermonde(double[] r, double[] b)
    {
        var n = r.Length;
        var rows = Enumerable.Range(0, n).Select(k => r.Select(value => Math.Pow(value, k)).Append(b[k]).ToArray()).ToArray();
        for (var pivot = 0; pivot < n; pivot++)
        {
            foreach (var row in rows.Where(row => row != rows[pivot]))
            {
                var factor = row[pivot] / rows[pivot][pivot];
                for (var column = pivot; column <= n; column++)
                    row[column] -= factor * rows[pivot][column];
            }
        }

        return [.. rows.Select((row, i) => row[n] / row[i])];
    }
}
