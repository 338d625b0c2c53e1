using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Web.Creating;

/// <summary>Which parts of a picture are to be made anew, in cells of a pixel or, of a large picture, of several.</summary>
public sealed class PixelMask
{
    // So that what a browser sends of it stays small.
    private const int LargestSide = 128;

    private readonly bool[] _anew;

    private PixelMask(int width, int height) => (Width, Height, _anew) = (width, height, new bool[width * height]);

    /// <summary>Cells in a row.</summary>
    public int Width { get; }

    /// <summary>Rows of cells.</summary>
    public int Height { get; }

    /// <summary>Part of the picture that is made anew, 0 … 1.</summary>
    public double Share => (double)_anew.Count(cell => cell) / _anew.Length;

    /// <summary>The cells row by row, a bit each from the lowest of each byte, in base 64.</summary>
    public string Bits
    {
        get
        {
            var bytes = new byte[(_anew.Length + 7) / 8];
            for (var i = 0; i < _anew.Length; i++)
                bytes[i / 8] |= (byte)(_anew[i] ? 1 << (i % 8) : 0);
            return Convert.ToBase64String(bytes);
        }
    }

    /// <summary>Nothing of a picture of this size.</summary>
    public static PixelMask For(int height, int width) => new(Math.Min(width, LargestSide), Math.Min(height, LargestSide));

    /// <summary>What a job was asked to make anew.</summary>
    /// <param name="known">The mask of its specification, [H, W] or with channels before; the first counts.</param>
    public static PixelMask Of(Tensor known)
    {
        var (height, width) = ((int)known.Shape[^2], (int)known.Shape[^1]);
        var values = TensorCodec.Decode(known);
        var mask = For(height, width);
        mask.Fill((x, y) => !(values[(y * height / mask.Height * width) + (x * width / mask.Width)] > 0.5f));
        return mask;
    }

    /// <summary>Whether it is one of pictures of this size.</summary>
    public bool Fits(int height, int width) => (Height, Width) == (Math.Min(height, LargestSide), Math.Min(width, LargestSide));

    public void Fill(Func<int, int, bool> isAnew)
    {
        for (var i = 0; i < _anew.Length; i++)
            _anew[i] = isAnew(i % Width, i / Width);
    }

    /// <summary>Takes cells as <see cref="Bits"/> has them.</summary>
    /// <returns>Whether they were those of such a mask; otherwise it stays as it is.</returns>
    public bool TryTake(string? bits)
    {
        var bytes = new byte[(_anew.Length + 7) / 8];
        if (bits is null || !Convert.TryFromBase64String(bits, bytes, out var written) || written != bytes.Length)
            return false;
        for (var i = 0; i < _anew.Length; i++)
            _anew[i] = (bytes[i / 8] >> (i % 8) & 1) == 1;
        return true;
    }

    /// <summary>What of a picture of this size is known, [H, W]: 1, or 0 where it is made anew.</summary>
    public Tensor Known(int height, int width) => TensorCodec.Encode(
        Enumerable.Range(0, height * width).Select(i => _anew[(i / width * Height / height * Width) + (i % width * Width / width)] ? 0f : 1f).ToArray(),
        [height, width]);
}
