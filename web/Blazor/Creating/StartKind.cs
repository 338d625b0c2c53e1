namespace Ddpm.Web.Creating;

/// <summary>Where the trajectories of a job begin.</summary>
public enum StartKind
{
    /// <summary>At the seed's own noise.</summary>
    Noise,

    /// <summary>Between that and the noise of another seed.</summary>
    BetweenSeeds,

    /// <summary>At a picture with noise.</summary>
    NoisedPicture,

    /// <summary>At the noise that a picture comes from.</summary>
    EncodedPicture,

    /// <summary>At noise, with part of a picture kept.</summary>
    KeptPicture,
}
