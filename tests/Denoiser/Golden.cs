using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.V1;

namespace Ddpm.Denoiser.Tests;

/// <summary>What diffusers answers for the checkpoint in <see cref="Folder"/>.</summary>
internal sealed class Golden
{
    public const int Side = 32;
    public const int Elements = Side * Side;

    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Goldens", "unet_tiny_gray");

    public static readonly Golden Instance = new();

    private Golden()
    {
        using var io = SafetensorsFile.Open(Path.Combine(Folder, "io.safetensors"));
        Timesteps = io.ReadInt64("t");
        X = Split(io.ReadFloat32("x_padded"), Elements);
        Epsilon = Split(io.ReadFloat32("eps_padded.f32"), Elements);
        SmallX = Split(io.ReadFloat32("x"), 28 * 28);
        SmallEpsilon = Split(io.ReadFloat64("eps.f64"), 28 * 28);
    }

    public int Rows => Timesteps.Length;

    public long[] Timesteps { get; }

    /// <summary>[1, 32, 32] each.</summary>
    public float[][] X { get; }

    public float[][] Epsilon { get; }

    /// <summary>[1, 28, 28] each.</summary>
    public float[][] SmallX { get; }

    public double[][] SmallEpsilon { get; }

    public NoiseRow Row(int row) => new() { X = Encode(X[row]), Timestep = Timesteps[row] };

    public static Tensor Encode(float[] x) => TensorCodec.Encode(x, [1, Side, Side]);

    private static T[][] Split<T>(T[] values, int size) => [.. values.Chunk(size)];
}
