using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>
/// The statuses that the contract's comments name for an rpc: those of the rpc itself, and those that any call of its service may have.
/// </summary>
internal static partial class DocumentedStatuses
{
    /// <summary>What is never an answer, though a contract names it: a defect.</summary>
    private static readonly StatusCode[] Defects = [StatusCode.Internal, StatusCode.Unknown];

    public static IReadOnlySet<StatusCode> Of(MethodDescriptor rpc)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "protos", rpc.File.Name));
        var named = Names().Matches(Before(lines, $"service {rpc.Service.Name} ") + Before(lines, $"rpc {rpc.Name}("))
            .Select(match => match.Value.Replace("_", "", StringComparison.Ordinal))
            .Select(name => Enum.TryParse<StatusCode>(name, ignoreCase: true, out var status) ? status : (StatusCode?)null)
            .OfType<StatusCode>();
        return named.Append(StatusCode.OK).Except(Defects).ToHashSet();
    }

    /// <summary>The comment right before a declaration.</summary>
    private static string Before(string[] lines, string declaration)
    {
        var at = Array.FindIndex(lines, line => line.TrimStart().StartsWith(declaration, StringComparison.Ordinal));
        at.ShouldBeGreaterThanOrEqualTo(0, declaration);
        return string.Join('\n', lines.Take(at).Reverse().TakeWhile(line => line.TrimStart().StartsWith("//", StringComparison.Ordinal)).Reverse());
    }

    [GeneratedRegex("[A-Z]+(?:_[A-Z]+)+|[A-Z]{5,}")]
    private static partial Regex Names();
}
