namespace Ddpm.Imaging;

/// <summary>How an image of another shape is brought to the network's size.</summary>
public enum ImageFit
{
    /// <summary>Scaled until it covers the size, then cut at its centre.</summary>
    Crop,

    /// <summary>Scaled in both directions on its own: nothing is lost, shapes are distorted.</summary>
    Stretch,
}
