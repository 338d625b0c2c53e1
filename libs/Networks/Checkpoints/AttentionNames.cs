using System.Text.RegularExpressions;

namespace Ddpm.Networks;

/// <summary>The names that attention's weights have in checkpoints of diffusers before 0.13, such as the published google/ddpm-*.</summary>
internal static partial class AttentionNames
{
    private static readonly Dictionary<string, string> ModernNames = new()
    {
        ["query"] = "to_q",
        ["key"] = "to_k",
        ["value"] = "to_v",
        ["proj_attn"] = "to_out.0",
    };

    /// <summary>The present name of a weight, whichever of the two it has.</summary>
    public static string Modern(string name) => Old().Replace(name, match => $"{match.Groups[1].Value}{ModernNames[match.Groups[2].Value]}");

    [GeneratedRegex(@"(\.attentions\.\d+\.)(query|key|value|proj_attn)(?=\.(?:weight|bias)$)")]
    private static partial Regex Old();
}
