using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Makes the classifier's weights anew, in the source tree. Its card says how to run this and what to do with the result.</summary>
public sealed class FashionClassifierWeights(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void Train_OfTheRecipe()
    {
        using var scope = NewDisposeScope();
        var folder = Path.Combine(Path.GetDirectoryName(SourceFile())!, "../../../services/Trainer/Evaluation/classifier");
        var weights = Path.GetFullPath(Path.Combine(folder, FashionClassifier.FileName));
        var recipe = FashionClassifierRecipe.Read(Path.Combine(folder, "recipe.json"));
        var (images, labels) = FashionMnist.Training;

        FashionClassifierTraining.Run(recipe, images, labels, weights, (epoch, loss) => output.WriteLine($"pass {epoch}: cross entropy {loss:f4}"));

        var sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(weights)));
        using var classifier = FashionClassifier.Load(weights, sha256);
        var (testImages, testLabels) = FashionMnist.Test;
        var accuracy = (classifier.Classify(testImages).Probabilities.argmax(1) == testLabels).to(float64).mean().item<double>();
        output.WriteLine($"{weights}: accuracy {accuracy:f4} on the test images, SHA-256 {sha256}");
        accuracy.ShouldBeGreaterThan(0.91);
    }

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
