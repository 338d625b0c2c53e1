using Ddpm.Safetensors;

namespace Ddpm.Storage.Tests.Models;

/// <summary>Small checkpoint folders: what the store reads is real, the network need not be.</summary>
internal static class Checkpoints
{
    public static string Write(string parent, string name = "checkpoint", float weight = 1f, string? config = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), config ?? """
            { "_class_name": "UNet2DModel", "in_channels": 1, "sample_size": 28, "num_class_embeds": 3, "null_class_embed": 2 }
            """);
        File.WriteAllText(Path.Combine(folder, "scheduler_config.json"), """
            { "beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 500, "prediction_type": "v_prediction" }
            """);
        File.WriteAllText(Path.Combine(folder, "model_index.json"), """{ "id2label": { "0": "cat", "1": "dog" } }""");
        File.WriteAllText(Path.Combine(folder, "README.md"), "# A card");
        new SafetensorsWriter()
            .Add("conv_in.weight", new[] { weight, 2f, 3f, 4f, 5f, 6f }, [2, 3])
            .Write(Path.Combine(folder, "diffusion_pytorch_model.safetensors"));
        return folder;
    }
}
