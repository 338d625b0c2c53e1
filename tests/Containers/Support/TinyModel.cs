using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;

namespace Ddpm.Containers.Tests.Support;

/// <summary>The recorded network of tests/Networks/goldens (1×32×32, unconditional), which evaluates in milliseconds, in as many versions as are wanted.</summary>
internal static class TinyModel
{
    /// <summary>Bytes of the x of one row.</summary>
    public const int RowBytes = 32 * 32 * sizeof(float);

    private const string Weights = "diffusion_pytorch_model.safetensors";
    private const float BiasStep = 0.002f;

    /// <summary>Sends a version to the Trainer, which makes it the model's latest.</summary>
    /// <param name="trainer">The Trainer.</param>
    /// <param name="model">Under which name.</param>
    /// <param name="number">0: as recorded; each other one shifts every ε by an amount of its own.</param>
    /// <returns>The version's id.</returns>
    public static async Task<string> PublishAsync(DdpmClient trainer, string model, int number)
    {
        var folder = Repository.Resolve("tests", "Networks", "goldens", "unet_tiny_gray");
        var weights = await File.ReadAllBytesAsync(Path.Combine(folder, Weights), TestContext.Current.CancellationToken);
        ShiftBias(weights, number * BiasStep);
        var files = new[] { "config.json", "model_index.json", "scheduler_config.json" }
            .Select(name => (name, new Func<Stream>(() => File.OpenRead(Path.Combine(folder, name)))))
            .Append((Weights, () => new MemoryStream(weights)));
        return (await trainer.ImportModelAsync(model, files, cancellationToken: TestContext.Current.CancellationToken)).Version;
    }

    /// <summary>Adds to the one bias of the last convolution of a safetensors file.</summary>
    private static void ShiftBias(byte[] weights, float by)
    {
        var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(weights);
        var offset = JsonNode.Parse(weights.AsSpan(8, header))!["conv_out.bias"]!["data_offsets"]![0]!.GetValue<int>();
        var bias = weights.AsSpan(8 + header + offset);
        BinaryPrimitives.WriteSingleLittleEndian(bias, BinaryPrimitives.ReadSingleLittleEndian(bias) + by);
    }
}
