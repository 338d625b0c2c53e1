using System.Buffers.Binary;
using System.IO.Compression;

namespace Ddpm.Trainer;

/// <summary>A data set of 64 grey images of 8×8 pixels in two classes, bright above and bright below, and a recipe of thousands of weights.</summary>
internal static class TinyData
{
    public const string Recipe = """
        {
          "model": { "name": "stripes", "class_names": ["above", "below"] },
          "network": {
            "sample_size": 8, "in_channels": 1, "out_channels": 1, "block_out_channels": [8, 16], "layers_per_block": 1,
            "down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
            "attention_head_dim": 8, "norm_num_groups": 4, "num_class_embeds": 3, "null_class_embed": 2
          },
          "schedule": { "beta_schedule": "linear", "num_train_timesteps": 100, "beta_start": 0.001, "beta_end": 0.2 },
          "data": { "source": "stripes" },
          "training": { "steps": 6, "batch_size": 8, "learning_rate": 0.002, "class_dropout": 0.2, "ema_decay": 0.9, "seed": 3 }
        }
        """;

    /// <summary>The recipe of a network that learns its variance too.</summary>
    public static readonly string LearnedRangeRecipe = Recipe
        .Replace("\"out_channels\": 1", "\"out_channels\": 2")
        .Replace("\"beta_schedule\": \"linear\"", "\"beta_schedule\": \"linear\", \"variance_type\": \"learned_range\"");

    /// <summary>Writes the data set as the gzipped IDX files that the Trainer finds below <paramref name="root"/>.</summary>
    public static void Write(string root)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "stripes")).FullName;
        var (pixels, labels) = Images();
        WriteIdx(Path.Combine(folder, "train-images-idx3-ubyte.gz"), [64, 8, 8], pixels);
        WriteIdx(Path.Combine(folder, "train-labels-idx1-ubyte.gz"), [64], labels);
    }

    /// <summary>Its pixels [64, 8, 8] and labels.</summary>
    public static (byte[] Pixels, byte[] Labels) Images()
    {
        var labels = Enumerable.Range(0, 64).Select(i => (byte)(i % 2)).ToArray();
        return ([.. labels.SelectMany(label => Enumerable.Range(0, 64).Select(pixel => pixel / 32 == label ? (byte)230 : (byte)20))], labels);
    }

    public static void WriteIdx(string path, int[] shape, byte[] elements)
    {
        using var file = File.Create(path);
        using Stream stream = path.EndsWith(".gz") ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write([0, 0, 8, (byte)shape.Length]);
        var extent = new byte[4];
        foreach (var size in shape)
        {
            BinaryPrimitives.WriteInt32BigEndian(extent, size);
            stream.Write(extent);
        }
        stream.Write(elements);
    }
}
