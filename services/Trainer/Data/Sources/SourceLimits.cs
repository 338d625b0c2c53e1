namespace Ddpm.Trainer.Data.Sources;

/// <summary>What a zip may hold, so that a small one cannot fill the memory or the disk.</summary>
/// <param name="Files">Entries, folders included.</param>
/// <param name="Bytes">All entries together, unpacked.</param>
internal sealed record SourceLimits(int Files, long Bytes);
