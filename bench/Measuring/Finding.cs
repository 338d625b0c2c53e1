namespace Ddpm.Bench.Measuring;

/// <summary>One line of the table: what was measured, and how it compares with something else that was measured in the same rounds.</summary>
/// <param name="Part">Which part of the benchmark.</param>
/// <param name="What">What was measured, for people.</param>
/// <param name="Figure">The figure itself, with its unit, for people.</param>
/// <param name="Against">What it is compared with, for people.</param>
/// <param name="AgainstFigure">The figure of that.</param>
/// <param name="Ratio">More is better.</param>
/// <param name="Key">Its name in the JSON document; null: the ratio has none.</param>
/// <param name="Detail">What else is to be said of the figure, for people.</param>
internal sealed record Finding(
    string Part, string What, string Figure, string Against, string AgainstFigure, Spread Ratio, string? Key = null, string? Detail = null);
