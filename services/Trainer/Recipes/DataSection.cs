using System.ComponentModel.DataAnnotations;
using Ddpm.Imaging;
using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>The images to train on.</summary>
public sealed record DataSection
{
    /// <summary>A data set that the Trainer knows by name; never a path.</summary>
    public required string Source { get; init; }

    /// <summary>Whether half of the images, by chance, are mirrored left to right. Wrong where sides mean something.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>
    /// How images of another shape than <c>network.sample_size</c> are fitted: <c>crop</c>, scaled to cover it and cut at the centre, or
    /// <c>stretch</c>. Default: <c>crop</c>.
    /// </summary>
    [AllowedValues("crop", "stretch")]
    public string Fit { get; init; } = "crop";

    /// <summary>Images that are not trained on but measured with, at least 0. Default: each twentieth, at most 1000.</summary>
    public int? ValidationImages { get; init; }

    internal ImageFit ImageFit => Fit == "stretch" ? ImageFit.Stretch : ImageFit.Crop;

    internal IEnumerable<FieldViolation> Validate()
    {
        foreach (var violation in Choices.Violations(this, "data"))
            yield return violation;
        if (ValidationImages is < 0)
            yield return new("data.validation_images", $"must be at least 0, is {ValidationImages}");
        if (string.IsNullOrWhiteSpace(Source))
            yield return new("data.source", "must name a data set");
    }
}
