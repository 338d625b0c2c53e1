using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Orchestrator.Editing;

/// <summary>What a specification may ask for beyond a way from noise to an image.</summary>
internal static class EditRules
{
    private const int MaximumResamplings = 50;

    /// <param name="spec">With its pictures named by their hashes.</param>
    /// <param name="inputs">The pictures.</param>
    /// <param name="sampleShape">[C, H, W] of the model.</param>
    /// <param name="timesteps">T of the model.</param>
    /// <param name="violations">Takes every field that breaks a rule.</param>
    public static void Check(JobSpec spec, IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<int> sampleShape, int timesteps, Violations violations)
    {
        int[] shape = [.. sampleShape];
        if (spec.NoisedImage is { } noised)
        {
            CheckShape("spec.noised_image.image", noised.Image, shape);
            if (!(noised.Strength > 0 && noised.Strength <= 1))
                violations.Add("spec.noised_image.strength", $"must be above 0 and at most 1, is {noised.Strength}");
        }
        if (spec.EncodedImages is { } encoded)
        {
            CheckShape("spec.encoded_images.image", encoded.Image, shape);
            if (encoded.Other is not null)
                CheckShape("spec.encoded_images.other", encoded.Other, shape);
            if (encoded.Steps < 0 || encoded.Steps > timesteps)
                violations.Add("spec.encoded_images.steps", $"must be 1 to {timesteps}, or 0 for those of the job; is {encoded.Steps}");
            else if (encoded.Steps == 0 && spec.Steps > timesteps)
                violations.Add("spec.encoded_images.steps", $"must be set: the job's {spec.Steps} are more than the {timesteps} timesteps of the model");
        }
        if (spec.Inpainting is { } inpainting)
        {
            if (spec.EncodedImages is not null)
                violations.Add("spec.inpainting", "must be unset with encoded_images");
            CheckShape("spec.inpainting.image", inpainting.Image, shape);
            CheckShape("spec.inpainting.mask", inpainting.Mask, shape, [1, .. shape[1..]], shape[1..]);
            if (inpainting.Resamplings is < 0 or > MaximumResamplings)
                violations.Add("spec.inpainting.resamplings", $"must be 1 to {MaximumResamplings}, or 0 for 1; is {inpainting.Resamplings}");
        }
        if (spec.GuidanceInterval is { } interval)
        {
            if (!spec.HasGuidanceScale || spec.GuidanceScale == 1)
                violations.Add("spec.guidance_interval", "must be unset without a guidance scale other than 1");
            if (!(interval.LowestTimestep >= 0 && interval.LowestTimestep <= timesteps - 1))
                violations.Add("spec.guidance_interval.lowest_timestep", $"must be 0 to {timesteps - 1}, is {interval.LowestTimestep}");
            else if (!(interval.HighestTimestep >= interval.LowestTimestep && interval.HighestTimestep <= timesteps - 1))
                violations.Add("spec.guidance_interval.highest_timestep", $"must be {interval.LowestTimestep} to {timesteps - 1}, is {interval.HighestTimestep}");
        }

        void CheckShape(string field, InputImage? image, params int[][] allowed)
        {
            if (image is null)
                violations.Add(field, "must be set");
            else if (inputs.TryGetValue(image.Sha256, out var tensor) && !allowed.Any(shape => shape.SequenceEqual(tensor.Shape.Select(extent => (int)extent))))
                violations.Add(field, $"must have the shape {string.Join(" or ", allowed.Select(Named))}, has {Named([.. tensor.Shape.Select(extent => (int)extent)])}");
        }

        static string Named(int[] shape) => $"[{string.Join(", ", shape)}]";
    }
}
