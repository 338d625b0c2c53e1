using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>
/// Dropout (Srivastava et al. 2014) whose masks are a pure function of a seed and a place in the network: Torch's generator, which all networks
/// of a process share, has no part in them, nor has the device.
/// </summary>
/// <remarks>
/// Four elements share a number of the SplitMix64 stream of the seed (Steele, Lea and Flood 2014), 16 bits each, so that the probability is
/// rounded to a multiple of 2^−16. The places are 2^40 numbers apart.
/// </remarks>
internal sealed class SeededDropout : nn.Module<Tensor, Tensor>
{
    private const int LaneBits = 16;
    private const int LaneValues = 1 << LaneBits;
    private const int PlaceBits = 40;

    // Of 65536 values of a lane, those that drop its element.
    private readonly int _dropped;
    private long? _seed;
    private int _place;

    /// <param name="probability">Of dropping an element, at least 0 and less than 1.</param>
    public SeededDropout(double probability) : base(nameof(SeededDropout)) =>
        _dropped = Math.Min((int)Math.Round(probability * LaneValues), LaneValues - 1);

    /// <summary>Decides the masks from here on.</summary>
    /// <param name="seed">Of the network's forward pass.</param>
    /// <param name="place">Which dropout of the network this is, from 0.</param>
    public void Seed(long seed, int place) => (_seed, _place) = (seed, place);

    /// <summary>In training the elements that survive, divided by their probability, and 0 for the others; in evaluation <paramref name="x"/> itself.</summary>
    /// <exception cref="InvalidOperationException">In training, without a seed.</exception>
    public override Tensor forward(Tensor x)
    {
        if (!training || _dropped == 0)
            return x;
        var seed = _seed ?? throw new InvalidOperationException("A network with dropout must be given a seed before it is trained.");
        using var scope = NewDisposeScope();
        var survives = Survivors(seed, x.numel(), x.device).reshape(x.shape);
        return where(survives, x * ((double)LaneValues / (LaneValues - _dropped)), zeros(1, dtype: x.dtype, device: x.device)).MoveToOuterDisposeScope();
    }

    /// <summary>Which of some elements survive, [elements].</summary>
    private Tensor Survivors(long seed, long elements, Device device)
    {
        var lanes = tensor(new long[] { 0, LaneBits, 2 * LaneBits, 3 * LaneBits }, device: device).unsqueeze(1);
        var numbers = SplitMix64(seed, (long)_place << PlaceBits, (elements + 3) / 4, device);
        return numbers.bitwise_right_shift(lanes).bitwise_and_(tensor(LaneValues - 1L)).ge(_dropped).flatten().narrow(0, 0, elements);
    }

    /// <summary>Some numbers of the stream of a seed, from one on. Products wrap around at 2^64, as they should.</summary>
    private static Tensor SplitMix64(long seed, long first, long count, Device device)
    {
        var z = arange(first + 1, first + 1 + count, int64, device).mul_(unchecked((long)0x9E3779B97F4A7C15)).add_(seed);
        z.bitwise_xor_(LogicalShift(z, 30)).mul_(unchecked((long)0xBF58476D1CE4E5B9));
        z.bitwise_xor_(LogicalShift(z, 27)).mul_(unchecked((long)0x94D049BB133111EB));
        return z.bitwise_xor_(LogicalShift(z, 31));
    }

    /// <summary>Shifts to the right, with zeros from the left where Torch copies the sign.</summary>
    private static Tensor LogicalShift(Tensor z, int bits) =>
        z.bitwise_right_shift(tensor((long)bits)).bitwise_and_(tensor((1L << (64 - bits)) - 1));
}
