using Ddpm.Diffusion;
using Ddpm.Imaging;

namespace Ddpm.Web.Schedules;

/// <summary>A picture that is noised live: always with the same ε, so that only the schedules differ.</summary>
public sealed class NoisedPicture
{
    private static readonly ImageShape Shape = new(3, 64, 64);

    private readonly float[] _clean;
    private readonly float[] _noise = new float[Shape.Size];

    private NoisedPicture(float[] clean)
    {
        _clean = clean;
        new PhiloxNoise(seed: 7, trajectory: 0).Fill<float>(_noise, step: 0, NoiseUse.Initial);
    }

    /// <summary>[C, H, W].</summary>
    public static IReadOnlyList<int> SampleShape { get; } = [Shape.Channels, Shape.Height, Shape.Width];

    /// <summary>A sun over hills, for who has no picture at hand.</summary>
    public static NoisedPicture Sample()
    {
        var clean = new float[Shape.Size];
        var plane = Shape.Height * Shape.Width;
        for (var y = 0; y < Shape.Height; y++)
        {
            for (var x = 0; x < Shape.Width; x++)
            {
                var fromSun = Math.Sqrt(Math.Pow(x - 42, 2) + Math.Pow(y - 20, 2));
                var hill = 44 + (6 * Math.Sin(x / 9.0)) - (0.08 * x);
                var nearHill = 54 + (5 * Math.Cos((x + 10) / 11.0));
                var (r, g, b) = y > nearHill ? (0.13, 0.27, 0.24) : y > hill ? (0.24, 0.45, 0.38) : fromSun < 9 ? (0.99, 0.87, 0.55) : (0.62 + (0.005 * y), 0.72 - (0.001 * y), 0.82 - (0.006 * y));
                foreach (var (channel, value) in new[] { r, g, b }.Index())
                    clean[(channel * plane) + (y * Shape.Width) + x] = (float)((2 * value) - 1);
            }
        }

        return new NoisedPicture(clean);
    }

    /// <param name="content">An image file.</param>
    /// <exception cref="InvalidDataException">It cannot be read; says why.</exception>
    public static NoisedPicture Of(byte[] content) => new(Picture.Read(content, Shape));

    /// <summary>x_t = √ᾱ x_0 + √(1−ᾱ) ε as PNG, ready for an image's source.</summary>
    public string At(double alphaBar) =>
        $"data:image/png;base64,{Convert.ToBase64String(PngEncoder.Encode(ForwardProcess.AddNoise<float>(_clean, _noise, alphaBar), SampleShape))}";
}
