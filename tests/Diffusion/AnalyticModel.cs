using System.Numerics;

namespace Ddpm.Diffusion.Tests;

/// <summary>
/// The network that all golden trajectories were recorded with: the exact ε of data from a mixture of three Gaussians of 4×4 images,
/// ε(x, ᾱ) = −√(1−ᾱ) ∇ log Σ_k w_k N(x; √ᾱ m_k, (ᾱ s_k² + 1 − ᾱ) I).
/// </summary>
internal static class AnalyticModel
{
    public const int Elements = 16;

    public static readonly double[] Means = Goldens.Analytic.ReadFloat64("means");
    public static readonly double[] Deviations = Goldens.Analytic.ReadFloat64("stds");
    public static readonly double[] Weights = Goldens.Analytic.ReadFloat64("weights");

    /// <summary>In float64, the answer rounded to <typeparamref name="T"/>.</summary>
    public static T[] Epsilon<T>(ReadOnlySpan<T> x, double alphaBar)
        where T : struct, IFloatingPointIeee754<T>
    {
        var (shares, variances) = Components(x, alphaBar);
        var epsilon = new T[Elements];
        for (var i = 0; i < Elements; i++)
        {
            var score = 0.0;
            for (var k = 0; k < Weights.Length; k++)
                score -= shares[k] * Offset(x, k, i, alphaBar) / variances[k];
            epsilon[i] = T.CreateTruncating(-Math.Sqrt(1 - alphaBar) * score);
        }

        return epsilon;
    }

    /// <summary>
    /// vᵀ ∂ε/∂x = −√(1−ᾱ) vᵀ H with the Hessian of the log-density H = Σ_k r_k (g_k g_kᵀ − I/v_k) − g gᵀ, g_k the score of a component and g = Σ_k r_k g_k.
    /// </summary>
    public static T[] Product<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> vector, double alphaBar)
        where T : struct, IFloatingPointIeee754<T>
    {
        var (shares, variances) = Components(x, alphaBar);
        var score = new double[Elements];
        var product = new double[Elements];
        for (var k = 0; k < Weights.Length; k++)
        {
            var along = 0.0;
            for (var i = 0; i < Elements; i++)
                along -= double.CreateTruncating(vector[i]) * Offset(x, k, i, alphaBar) / variances[k];
            for (var i = 0; i < Elements; i++)
            {
                var own = -Offset(x, k, i, alphaBar) / variances[k];
                score[i] += shares[k] * own;
                product[i] += shares[k] * ((along * own) - (double.CreateTruncating(vector[i]) / variances[k]));
            }
        }

        var alongScore = 0.0;
        for (var i = 0; i < Elements; i++)
            alongScore += double.CreateTruncating(vector[i]) * score[i];
        return [.. product.Zip(score, (p, s) => T.CreateTruncating(-Math.Sqrt(1 - alphaBar) * (p - (alongScore * s))))];
    }

    /// <summary>The model for a network that was trained on <paramref name="schedule"/>.</summary>
    public static EpsilonModel<T> Of<T>(NoiseSchedule schedule)
        where T : struct, IFloatingPointIeee754<T> =>
        (x, timestep, _) => ValueTask.FromResult(Epsilon<T>(x, schedule.AlphaBar(timestep)));

    /// <summary>The same for one that predicts its variance too: a v of each pixel's own, between 0 and 1.</summary>
    public static EpsilonModel<T> WithVariance<T>(NoiseSchedule schedule)
        where T : struct, IFloatingPointIeee754<T> =>
        (x, timestep, _) => ValueTask.FromResult<T[]>([.. Epsilon<T>(x, schedule.AlphaBar(timestep)), .. x.Select(Variance)]);

    /// <summary>v where x is.</summary>
    public static T Variance<T>(T x)
        where T : struct, IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));

    /// <summary>ᾱ of the VP-SDE with β from 0.1 to 20, at the label that score_sde gives a time: 999 t.</summary>
    public static double VpAlphaBar(double label) => Math.Exp((-0.5 * label / 999 * label / 999 * 19.9) - (0.1 * label / 999));

    /// <summary>r_k, to which part x is from each component, and the variances of these at ᾱ.</summary>
    public static (double[] Shares, double[] Variances) Components<T>(ReadOnlySpan<T> x, double alphaBar)
        where T : struct, IFloatingPointIeee754<T>
    {
        var logits = new double[Weights.Length];
        var variances = new double[Weights.Length];
        for (var k = 0; k < Weights.Length; k++)
        {
            variances[k] = (alphaBar * Deviations[k] * Deviations[k]) + 1 - alphaBar;
            var squares = 0.0;
            for (var i = 0; i < Elements; i++)
                squares += Math.Pow(Offset(x, k, i, alphaBar), 2);
            logits[k] = Math.Log(Weights[k]) - (0.5 * Elements * Math.Log(variances[k])) - (0.5 * squares / variances[k]);
        }

        var largest = logits.Max();
        var sum = logits.Sum(logit => Math.Exp(logit - largest));
        return ([.. logits.Select(logit => Math.Exp(logit - largest) / sum)], variances);
    }

    private static double Offset<T>(ReadOnlySpan<T> x, int k, int i, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        double.CreateTruncating(x[i]) - (Math.Sqrt(alphaBar) * Means[(k * Elements) + i]);
}
