namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="HeunSampler{T}"/>.</summary>
public sealed record HeunOptions
{
    /// <summary>S_churn, at least 0: how much noise is added and taken away again over all steps. Default: 0, none, so that the path is smooth.</summary>
    public double Churn { get; init; }

    /// <summary>S_tmin: the least σ at which noise is added. Default: 0. Ignored without churn.</summary>
    public double ChurnFrom { get; init; }

    /// <summary>S_tmax: the greatest σ at which noise is added. Default: ∞. Ignored without churn.</summary>
    public double ChurnTo { get; init; } = double.PositiveInfinity;

    /// <summary>S_noise: factor of the noise that is added. Default: 1. Ignored without churn.</summary>
    public double ChurnNoise { get; init; } = 1;

    /// <summary>How x̂_0 is kept within range. Default: clipped to [−1, 1]. Null: not at all.</summary>
    public Thresholding? Thresholding { get; init; } = new Thresholding.Clip();
}
