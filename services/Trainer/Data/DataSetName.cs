using System.Text.RegularExpressions;

namespace Ddpm.Trainer.Data;

/// <summary>What may name a data set. Checked before a name comes near the file system.</summary>
public static partial class DataSetName
{
    public const string Rule = "must be 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit";

    public static bool IsValid(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Pattern();
}
