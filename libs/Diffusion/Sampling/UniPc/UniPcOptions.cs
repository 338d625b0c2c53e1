namespace Ddpm.Diffusion;

/// <summary>B(h) of UniPC: any function of h that vanishes as h does (Zhao et al. 2023, section 3.1).</summary>
public enum UniPcStep
{
    /// <summary>B₁(h) = h.</summary>
    Bh1,

    /// <summary>B₂(h) = e^h − 1.</summary>
    Bh2,
}

/// <summary>Options of <see cref="UniPcSampler{T}"/>.</summary>
public sealed record UniPcOptions
{
    /// <summary>Order of the predictor, 1 … 3; with the corrector the method is of one order more. Default: 2.</summary>
    public int Order { get; init; } = 2;

    /// <summary>B(h). Default: B₂.</summary>
    public UniPcStep Step { get; init; } = UniPcStep.Bh2;

    /// <summary>How x̂_0 is kept within range. Default: clipped to [−1, 1]. Null: not at all.</summary>
    public Thresholding? Thresholding { get; init; } = new Thresholding.Clip();
}
