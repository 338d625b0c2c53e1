namespace Ddpm.Diffusion;

/// <summary>What <see cref="OdeLikelihood{T}"/> finds.</summary>
/// <param name="LogLikelihood">log p of each image, in nats, of its elements as they are.</param>
/// <param name="Latent">x_T: the noise that the images are encoded in, flat.</param>
/// <param name="Evaluations">Network evaluations, a product with each.</param>
public sealed record ImageLikelihood<T>(IReadOnlyList<double> LogLikelihood, T[] Latent, long Evaluations)
{
    /// <summary>Bits a dimension of images of whole numbers, which lie within −1 … 1 after noise has been added that fills the gaps between them.</summary>
    /// <param name="image">Which image.</param>
    /// <param name="levels">How many numbers, 256 for bytes.</param>
    public double BitsPerDimension(int image, int levels = 256)
    {
        var elements = Latent.Length / LogLikelihood.Count;
        return (-LogLikelihood[image] / (elements * Math.Log(2))) + Math.Log2(levels / 2.0);
    }
}
