using Ddpm.Trainer.Training;

namespace Ddpm.Trainer.Runs;

/// <summary>Figures of training as the contract has them.</summary>
internal static class RunContract
{
    /// <summary>The quarters that images fell into.</summary>
    public static IEnumerable<V1.QuartileLoss> ToContract(QuartileLosses losses) =>
        new[] { losses.First, losses.Second, losses.Third, losses.Fourth }.Index()
            .Where(quartile => quartile.Item.Images > 0)
            .Select(quartile => new V1.QuartileLoss { Quartile = quartile.Index + 1, Loss = quartile.Item.Sum / quartile.Item.Images, ImageCount = quartile.Item.Images });
}
