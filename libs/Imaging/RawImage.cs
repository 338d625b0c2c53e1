namespace Ddpm.Imaging;

/// <summary>An image as it was found, decoded.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Channels">1 (grey), 3 (RGB) or 4 (RGB and opacity, not premultiplied).</param>
/// <param name="Pixels">[height, width, channels], 0 … 255.</param>
public sealed record RawImage(int Width, int Height, int Channels, byte[] Pixels);
