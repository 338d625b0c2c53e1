using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>How often the classifier finds in a sample the class that was asked for.</summary>
/// <param name="Overall">Part of all samples, 0 … 1. The classifier itself errs on some 6 % of real images: 1 is not the goal.</param>
/// <param name="ByClass">The same for the samples of each class; null where there are none.</param>
/// <param name="CountByClass">Samples of each class.</param>
public sealed record ClassAccuracy(double Overall, IReadOnlyList<double?> ByClass, IReadOnlyList<int> CountByClass)
{
    /// <summary>Classifies samples and compares with the classes that they were made as.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="samples">Bytes as uint8, [n, 1, 28, 28].</param>
    /// <param name="labels">[n], int64, 0 … 9.</param>
    /// <exception cref="ArgumentException">The labels do not fit the samples or the classes.</exception>
    public static ClassAccuracy Of(FashionClassifier classifier, Tensor samples, Tensor labels)
    {
        if (labels.dtype != int64 || labels.shape is not [var count] || count != samples.shape[0])
            throw new ArgumentException($"Labels are int64 [{samples.shape[0]}], these are {labels.dtype} [{string.Join(", ", labels.shape)}].", nameof(labels));
        using var scope = NewDisposeScope();
        var asked = labels.cpu().data<long>().ToArray();
        if (asked.FirstOrDefault(label => label is < 0 or >= FashionClassifier.ClassCount, defaultValue: 0) is not 0 and var wrong)
            throw new ArgumentException($"A label is 0 … {FashionClassifier.ClassCount - 1}, one is {wrong}.", nameof(labels));
        var found = classifier.Classify(samples).Probabilities.argmax(1).data<long>().ToArray();
        var total = new int[FashionClassifier.ClassCount];
        var right = new int[FashionClassifier.ClassCount];
        foreach (var (label, answer) in asked.Zip(found))
        {
            total[label]++;
            right[label] += answer == label ? 1 : 0;
        }
        return new ClassAccuracy((double)right.Sum() / asked.Length, [.. right.Zip(total, (r, t) => t == 0 ? (double?)null : (double)r / t)], total);
    }
}
