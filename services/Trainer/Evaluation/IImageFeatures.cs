using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Turns images into the feature vectors that distances are measured between.</summary>
public interface IImageFeatures
{
    /// <summary>Names the network, for records: figures of different networks do not compare.</summary>
    string Name { get; }

    /// <summary>Features of one image.</summary>
    int Dimensions { get; }

    /// <summary>Features [n, <see cref="Dimensions"/>], float32; the caller disposes them.</summary>
    /// <param name="images">Bytes 0 … 255 as uint8, [n, channels, height, width].</param>
    /// <exception cref="ArgumentException">Images of a shape or type that the network does not take.</exception>
    Tensor Extract(Tensor images);
}
