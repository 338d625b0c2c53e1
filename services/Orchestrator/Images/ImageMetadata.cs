using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Orchestrator.Jobs;
using Ddpm.V1;
using Google.Protobuf;

namespace Ddpm.Orchestrator.Images;

/// <summary>
/// What is written into a PNG so that it can be made again: nothing of the moment or of the job, so that the same trajectory gives
/// the same bytes whenever, and among however many others, it is made.
/// </summary>
internal static class ImageMetadata
{
    private const string Keyword = "ddpm";

    private static readonly string Software =
        $"Ddpm {typeof(ImageMetadata).Assembly.GetName().Version!.ToString(fieldCount: 3)}";

    private static readonly JsonFormatter InSnakeCase = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    /// <param name="png">The image, or the grid of all images.</param>
    /// <param name="plan">What made it.</param>
    /// <param name="trajectory">Which of its trajectories; null: all of them.</param>
    /// <param name="evaluation">How ε was computed.</param>
    public static byte[] Describe(byte[] png, JobPlan plan, int? trajectory, Evaluation? evaluation)
    {
        var spec = plan.Spec;
        var made = new JsonObject
        {
            ["model"] = spec.Model,
            ["version"] = spec.Version,
            ["sampler"] = spec.Sampler,
            ["sampler_options"] = Json(spec.SamplerOptions),
            ["steps"] = spec.Steps,
            ["seed"] = spec.Seed,
        };
        if (trajectory is { } k)
        {
            made["trajectory"] = k;
            if (plan.ClassOf(k) is { } label)
            {
                made["class"] = label;
                made["class_name"] = plan.ClassNames[k];
            }
        }
        else
        {
            made["count"] = spec.Count;
            if (spec.Classes is { Labels.Count: > 0 } classes)
                made["classes"] = new JsonArray([.. classes.Labels.Select(label => JsonValue.Create(label))]);
        }
        if (plan.Guidance is { } guidance)
            made["guidance_scale"] = guidance;
        if (spec.GuidanceInterval is { } interval)
            made["guidance_interval"] = Json(interval);
        // How far between its ends a trajectory began, its number alone does not say.
        if (spec.BetweenSeeds is not null || spec.EncodedImages?.Other is not null)
            made["count"] = spec.Count;
        if (spec.BetweenSeeds is { } between)
            made["between_seeds"] = Json(between);
        if (spec.NoisedImage is { } noised)
            made["noised_image"] = Json(noised);
        if (spec.EncodedImages is { } encoded)
            made["encoded_images"] = Json(encoded);
        if (spec.Inpainting is { } inpainting)
            made["inpainting"] = Json(inpainting);
        if (evaluation is not null)
        {
            made["engine"] = evaluation.Engine;
            made["mode"] = evaluation.Mode;
            if (evaluation.Payload.Length > 0)
                made["payload"] = evaluation.Payload;
        }
        return PngText.Add(png, ("Software", Software), (Keyword, made.ToJsonString(JsonSerializerOptions.Default)));
    }

    private static JsonNode? Json(IMessage message) => JsonNode.Parse(InSnakeCase.Format(message));
}
