using Ddpm.Imaging;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Evaluation;

/// <summary>The networks whose features can be compared, loaded when they are first asked for.</summary>
internal sealed class FeatureNetworks(IOptions<TrainerOptions> options) : IDisposable
{
    public const string Classifier = "fashion-mnist-classifier";
    public const string Inception = "inception";

    private static readonly ImageShape ClassifiersShape = new(1, 28, 28);

    private readonly Lock _loading = new();
    private FashionClassifier? _classifier;
    private InceptionFeatures? _inception;

    /// <summary>Whether a request may ask for it; empty means the one that suits.</summary>
    public static bool IsName(string name) => name is "" or Classifier or Inception;

    /// <param name="name">See <see cref="IsName"/>.</param>
    /// <param name="shape">Of the images.</param>
    /// <exception cref="FeaturesMissingException">None is known for such images; says what would be.</exception>
    public IImageFeatures For(string name, ImageShape shape)
    {
        lock (_loading)
        {
            if (shape == ClassifiersShape && name != Inception)
                return _classifier ??= FashionClassifier.Load();
            if (name == Classifier)
                throw new FeaturesMissingException($"The classifier knows images of {ClassifiersShape}, these are {shape}.");
            if (options.Value.InceptionNetwork is not { Length: > 0 } path)
                throw new FeaturesMissingException($"No features are known for images of {shape}: Trainer:InceptionNetwork must name a TorchScript file.");
            try
            {
                return _inception ??= InceptionFeatures.Load(path);
            }
            catch (Exception e) when (e is FileNotFoundException or InvalidDataException)
            {
                throw new FeaturesMissingException(e.Message);
            }
        }
    }

    public void Dispose()
    {
        _classifier?.Dispose();
        _inception?.Dispose();
    }
}

/// <summary>No features are known for some images.</summary>
internal sealed class FeaturesMissingException(string message) : Exception(message);
