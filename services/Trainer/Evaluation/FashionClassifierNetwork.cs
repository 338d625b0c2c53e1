using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// Three convolutions of 3×3, each with a rectifier and halved by its maxima (28 → 14 → 7 → 3 pixels), 128 features, ten classes:
/// 186,218 weights.
/// </summary>
internal sealed class FashionClassifierNetwork : nn.Module<Tensor, (Tensor Features, Tensor Logits)>
{
    public const int ImageSize = 28;
    public const int Features = 128;
    public const int Classes = 10;

    private readonly Conv2d conv1 = nn.Conv2d(1, 32, 3, padding: 1);
    private readonly Conv2d conv2 = nn.Conv2d(32, 64, 3, padding: 1);
    private readonly Conv2d conv3 = nn.Conv2d(64, 96, 3, padding: 1);
    private readonly Linear features = nn.Linear(96 * 3 * 3, Features);
    private readonly Dropout dropout;
    private readonly Linear classes = nn.Linear(Features, Classes);

    /// <param name="dropoutRate">Part of the features that training hides from the last layer.</param>
    public FashionClassifierNetwork(double dropoutRate = 0)
        : base(nameof(FashionClassifierNetwork))
    {
        dropout = nn.Dropout(dropoutRate);
        RegisterComponents();
    }

    /// <param name="images">Bytes 0 … 255, of any type, [n, 1, 28, 28].</param>
    /// <returns>Features [n, 128], at least 0, and logits [n, 10].</returns>
    public override (Tensor Features, Tensor Logits) forward(Tensor images)
    {
        var x = images.to(float32) / 127.5f - 1;
        foreach (var convolution in new[] { conv1, conv2, conv3 })
            x = nn.functional.max_pool2d(nn.functional.relu(convolution.forward(x)), 2);
        var found = nn.functional.relu(features.forward(x.flatten(1)));
        return (found, classes.forward(dropout.forward(found)));
    }
}
