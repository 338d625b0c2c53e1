using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ddpm.Trainer.Evaluation;

/// <summary>What decides the weights of the classifier, as a JSON file.</summary>
public sealed record FashionClassifierRecipe
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Passes over the training images.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images a step; an incomplete last batch is left out.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Adam's greatest step size: it rises over a tenth of the steps and falls to 0 as a cosine.</summary>
    public required double LearningRate { get; init; }

    /// <summary>A batch is moved by up to so many pixels, up or down and left or right, the border filled with black.</summary>
    public required int Shift { get; init; }

    /// <summary>Part of the features that training hides from the last layer, 0 … 1.</summary>
    public required double Dropout { get; init; }

    /// <summary>Seed of the first weights, the order of the images, the shifts and the hidden features.</summary>
    public required long Seed { get; init; }

    /// <exception cref="JsonException">It is no such recipe.</exception>
    public static FashionClassifierRecipe Read(string path) => JsonSerializer.Deserialize<FashionClassifierRecipe>(File.ReadAllText(path), Json)!;
}
