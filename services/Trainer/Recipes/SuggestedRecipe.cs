using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Trainer.Data;

namespace Ddpm.Trainer.Recipes;

/// <summary>
/// A recipe that suits a data set: a small U-Net at the size of most of its images, up to 32 pixels, that a processor trains in an hour or two. With
/// classes it learns them and guidance; sides mean something more often than not, so nothing is mirrored.
/// </summary>
internal static class SuggestedRecipe
{
    private const int LargestSide = 32;
    private const int SmallestSide = 8;
    private const int SideMultiple = 4;
    private const int MostClasses = 1000;
    private const int BatchSize = 32;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="dataSet">Name of the data set.</param>
    /// <param name="report">What its inspection found.</param>
    /// <param name="model">Name of the model.</param>
    public static string For(string dataSet, DataSetReport report, string model)
    {
        var channels = report.Channels.All(tally => tally.Name == "grey") ? 1 : 3;
        var classes = report.Classes.Count is > 1 and <= MostClasses ? report.Classes.Count : 0;
        var trained = report.Images - Math.Min(1000, report.Images / 20);
        var network = new JsonObject
        {
            ["sample_size"] = Side(report),
            ["in_channels"] = channels,
            ["out_channels"] = channels,
            ["block_out_channels"] = new JsonArray(32, 64, 96),
            ["layers_per_block"] = 1,
            ["down_block_types"] = new JsonArray("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            ["up_block_types"] = new JsonArray("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
            ["attention_head_dim"] = 32,
            ["norm_num_groups"] = 16,
        };
        var training = new JsonObject
        {
            ["steps"] = 8000,
            ["batch_size"] = Math.Min(BatchSize, trained),
            ["loss_weighting"] = "min_snr",
            ["learning_rate"] = 0.0008,
            ["learning_rate_warmup_steps"] = 300,
            ["learning_rate_decay"] = "cosine",
            ["ema_decay"] = 0.999,
        };
        var samples = new JsonObject { ["count"] = 16 };
        if (classes > 0)
        {
            network["num_class_embeds"] = classes + 1;
            network["null_class_embed"] = classes;
            training["class_dropout"] = 0.1;
            samples["guidance_scale"] = 1.5;
        }
        training["seed"] = 0;
        return new JsonObject
        {
            ["model"] = new JsonObject { ["name"] = model },
            ["network"] = network,
            ["schedule"] = new JsonObject { ["beta_schedule"] = "linear", ["prediction_type"] = "epsilon" },
            ["data"] = new JsonObject { ["source"] = dataSet, ["horizontal_flip"] = false },
            ["training"] = training,
            ["samples"] = samples,
        }.ToJsonString(Json) + "\n";
    }

    /// <summary>The shorter side of the most frequent size, down to a multiple of what the network halves.</summary>
    private static int Side(DataSetReport report)
    {
        var sides = report.Sizes[0].Name.Split('×').Select(int.Parse).Min();
        return Math.Clamp(sides / SideMultiple * SideMultiple, SmallestSide, LargestSide);
    }
}
