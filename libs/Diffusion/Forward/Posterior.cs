namespace Ddpm.Diffusion;

/// <summary>
/// q(x_s | x_t, x_0) = N(CleanFactor · x_0 + NoisyFactor · x_t, Variance · I) for noise levels s below t
/// (Ho et al. 2020, equations 6 and 7, there with s = t−1).
/// </summary>
/// <param name="CleanFactor">√ᾱ_s β / (1−ᾱ_t), where β = 1 − ᾱ_t/ᾱ_s is the variance added from s to t.</param>
/// <param name="NoisyFactor">√(1−β) (1−ᾱ_s) / (1−ᾱ_t).</param>
/// <param name="Variance">(1−ᾱ_s) / (1−ᾱ_t) · β: 0 when s is the clean image.</param>
/// <param name="Beta">β.</param>
public readonly record struct Posterior(double CleanFactor, double NoisyFactor, double Variance, double Beta)
{
    /// <summary>The posterior between two noise levels.</summary>
    /// <param name="alphaBar">ᾱ_t, 0 &lt; ᾱ_t &lt; 1.</param>
    /// <param name="targetAlphaBar">ᾱ_s, ᾱ_t ≤ ᾱ_s ≤ 1; 1 is the clean image.</param>
    public static Posterior Between(double alphaBar, double targetAlphaBar)
    {
        var alpha = alphaBar / targetAlphaBar;
        var beta = 1 - alpha;
        return new Posterior(
            Math.Sqrt(targetAlphaBar) * beta / (1 - alphaBar),
            Math.Sqrt(alpha) * (1 - targetAlphaBar) / (1 - alphaBar),
            (1 - targetAlphaBar) / (1 - alphaBar) * beta,
            beta);
    }

    /// <summary>q(x_{t−1} | x_t, x_0) for every timestep t of a schedule; that of t = 0 is the clean image itself, without variance.</summary>
    /// <param name="alphaBars">ᾱ_t, falling.</param>
    public static Posterior[] Chain(IReadOnlyList<double> alphaBars) =>
        [.. alphaBars.Select((alphaBar, t) => Between(alphaBar, t == 0 ? 1 : alphaBars[t - 1]))];
}
