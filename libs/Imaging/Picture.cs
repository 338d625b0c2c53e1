namespace Ddpm.Imaging;

/// <summary>A user's picture as networks take it: cut and scaled to their shape, [channels, height, width], −1 black … 1 white.</summary>
public static class Picture
{
    /// <param name="content">An image file.</param>
    /// <param name="shape">Of the network's images.</param>
    /// <exception cref="InvalidDataException">It cannot be read; says why.</exception>
    public static float[] Read(byte[] content, ImageShape shape) => ToSigned(ImageFitter.Fit(ImageDecoder.Decode(content), shape, ImageFit.Crop));

    /// <summary>What of an image is known, by a mask whose bright parts are to be made anew.</summary>
    /// <returns>[height, width], 1 known and 0 not.</returns>
    /// <exception cref="InvalidDataException">It cannot be read; says why.</exception>
    public static float[] ReadMask(byte[] content, ImageShape shape) => Known(ImageDecoder.Decode(content), shape, bright => bright < 128);

    /// <summary>What of an image is known, by its own transparent parts, which are to be made anew.</summary>
    /// <returns>[height, width], 1 known and 0 not; null where nothing of it can be transparent.</returns>
    /// <exception cref="InvalidDataException">It cannot be read; says why.</exception>
    public static float[]? ReadTransparency(byte[] content, ImageShape shape)
    {
        var image = ImageDecoder.Decode(content);
        if (image.Channels < 4)
            return null;
        var opacity = Enumerable.Range(0, image.Width * image.Height).Select(i => image.Pixels[(4 * i) + 3]).ToArray();
        return Known(new RawImage(image.Width, image.Height, 1, opacity), shape, opaque => opaque >= 128);
    }

    private static float[] Known(RawImage image, ImageShape shape, Func<byte, bool> isKnown) =>
        Array.ConvertAll(ImageFitter.Fit(image, shape with { Channels = 1 }, ImageFit.Crop), value => isKnown(value) ? 1f : 0f);

    private static float[] ToSigned(byte[] values) => Array.ConvertAll(values, value => (value / 127.5f) - 1);
}
