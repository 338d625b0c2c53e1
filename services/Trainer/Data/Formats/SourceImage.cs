using Ddpm.Imaging;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>One image of a data set as it came.</summary>
/// <param name="Name">Where it lies in the source; for reports.</param>
/// <param name="Class">Name of its class; null: the data set has none.</param>
/// <param name="Decode">Decodes it; throws <see cref="InvalidDataException"/> with the reason when it cannot be read.</param>
internal sealed record SourceImage(string Name, string? Class, Func<RawImage> Decode);
