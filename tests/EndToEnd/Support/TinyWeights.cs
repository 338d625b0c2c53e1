using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>The recorded network of tests/Networks/goldens (1×32×32, unconditional), which evaluates in milliseconds, in as many versions as are wanted.</summary>
internal static class TinyWeights
{
    public const string FileName = "diffusion_pytorch_model.safetensors";

    private const float BiasStep = 0.002f;

    /// <summary>The checkpoint's folder.</summary>
    public static string Folder => Repository.Resolve("tests", "Networks", "goldens", "unet_tiny_gray");

    /// <summary>The bytes of the safetensors file of a version.</summary>
    /// <param name="number">0: as recorded; each other one shifts every ε by an amount of its own.</param>
    public static async Task<byte[]> OfVersionAsync(int number)
    {
        var weights = await File.ReadAllBytesAsync(Path.Combine(Folder, FileName), TestContext.Current.CancellationToken);
        var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(weights);
        var offset = JsonNode.Parse(weights.AsSpan(8, header))!["conv_out.bias"]!["data_offsets"]![0]!.GetValue<int>();
        // The one bias of the last convolution.
        var bias = weights.AsSpan(8 + header + offset);
        BinaryPrimitives.WriteSingleLittleEndian(bias, BinaryPrimitives.ReadSingleLittleEndian(bias) + number * BiasStep);
        return weights;
    }
}
