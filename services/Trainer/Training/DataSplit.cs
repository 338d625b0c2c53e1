using Ddpm.Trainer.Recipes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>
/// Which images are trained on, and which are kept apart to measure with. Depends on how many there are and nothing else, so that all recipes
/// keep the same images of a data set apart, or some of them.
/// </summary>
/// <param name="Training">Places of the images that are trained on, ascending.</param>
/// <param name="Validation">Places of those kept apart.</param>
internal sealed record DataSplit(IReadOnlyList<int> Training, IReadOnlyList<int> Validation)
{
    private const int LargestDefault = 1000;
    private const int DefaultShare = 20;

    /// <summary>How many images a recipe keeps apart: what it says, or else each twentieth, at most 1000.</summary>
    public static int ValidationImages(DataSection data, int images) => data.ValidationImages ?? Math.Min(LargestDefault, images / DefaultShare);

    /// <param name="data">Says how many are kept apart, fewer than there are.</param>
    /// <param name="images">How many there are.</param>
    public static DataSplit Of(DataSection data, int images)
    {
        using var generator = new Generator((ulong)RandomStream.OfSplit(images));
        using var permutation = randperm(images, generator: generator);
        var order = permutation.data<long>().ToArray();
        var apart = ValidationImages(data, images);
        return new DataSplit([.. order[apart..].Order().Select(place => (int)place)], [.. order[..apart].Select(place => (int)place)]);
    }
}
