using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Denoiser;
using Ddpm.Safetensors;

namespace Ddpm.Cli.Predict;

/// <summary><c>ddpm predict</c>: ε of given images at given timesteps, by the Denoiser's own arithmetic, without a server.</summary>
internal static class PredictCommand
{
    public static Command Create(CommandFactory commands)
    {
        var checkpoint = new Option<string>("--checkpoint")
        {
            Description = "Folder in Hugging Face's layout: config.json, diffusion_pytorch_model.safetensors, scheduler_config.json.",
            HelpName = "DIR",
            Required = true,
        };
        var input = new Option<string>("--input")
        {
            Description = "File that holds x [n,C,H,W], t [n], and optionally class [n]. Images smaller than the network's are surrounded by zeros.",
            HelpName = "IN.safetensors",
            Required = true,
        };
        var output = new Option<string>("--output") { Description = "File for eps, float32, of x's shape.", HelpName = "OUT.safetensors", Required = true };

        var command = commands.Offline("predict", "Predicts the noise ε of images, offline.", (parse, results, cancellationToken) =>
        {
            var target = Path.GetFullPath(parse.GetValue(output)!);
            var asked = PredictionInput.Read(parse.GetValue(input)!);
            var folder = parse.GetValue(checkpoint)!;
            if (!Directory.Exists(folder))
                throw new CommandException(ExitCodes.NotFound, $"There is no checkpoint folder {Path.GetFullPath(folder)}.");

            using var network = OfflinePrediction.Open(folder);
            var eps = new float[asked.X.Length];
            var elements = eps.Length / asked.Count;
            for (var image = 0; image < asked.Count; image++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Predict(network, asked, image).CopyTo(eps, image * elements);
            }
            new SafetensorsWriter().Add("eps", eps, asked.Shape).Write(target);
            results.Write(
                () => new JsonObject { ["output"] = target, ["shape"] = new JsonArray([.. asked.Shape.Select(extent => JsonValue.Create(extent))]) },
                console => console.Profile.Out.Writer.WriteLine($"eps [{string.Join(", ", asked.Shape)}] in {target}"));
            return Task.FromResult(ExitCodes.Success);
        });
        foreach (var option in new[] { checkpoint, input, output })
            command.Options.Add(option);
        return command;
    }

    private static float[] Predict(OfflinePrediction network, PredictionInput asked, int image)
    {
        var label = asked.Classes is { } classes ? checked((int)classes[image]) : (int?)null;
        try
        {
            return network.Predict(new NoiseQuery(asked.Image(image), asked.Timesteps[image], label), asked.Height, asked.Width);
        }
        catch (ArgumentException e)
        {
            throw new CommandException(ExitCodes.Usage, $"Image {image}: {e.Message}");
        }
    }
}
