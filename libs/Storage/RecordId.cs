namespace Ddpm.Storage;

/// <summary>Ids of jobs and runs: UUID version 7 in its usual form, so that their order is the order of submission.</summary>
public static class RecordId
{
    public static string Next(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("D");

    public static bool IsValid(string id) => Guid.TryParseExact(id, "D", out _) && !id.Any(char.IsUpper);
}
