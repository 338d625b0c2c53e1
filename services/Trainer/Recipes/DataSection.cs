using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>The images to train on.</summary>
public sealed record DataSection
{
    /// <summary>A data set that the Trainer knows by name; never a path.</summary>
    public required string Source { get; init; }

    /// <summary>Whether half of the images, by chance, are mirrored left to right. Wrong where sides mean something.</summary>
    public bool HorizontalFlip { get; init; }

    internal IEnumerable<FieldViolation> Validate()
    {
        if (string.IsNullOrWhiteSpace(Source))
            yield return new("data.source", "must name a data set");
    }
}
