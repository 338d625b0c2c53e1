using System.ComponentModel;
using System.Diagnostics;

namespace Ddpm.Helm.Tests;

/// <summary>What a run of <c>helm</c> came to.</summary>
internal sealed record HelmResult(int ExitCode, string Output, string Error);

/// <summary>Runs the real <c>helm</c>: the one that ./test.sh installs, otherwise the machine's own.</summary>
internal static class HelmCommand
{
    public static string Chart { get; } = Repository.Resolve("deploy/helm/ddpm");

    private static readonly string Installed = Repository.Resolve(".tools/helm/helm");

    /// <summary>Runs it to its end; skips the test where there is no helm.</summary>
    public static HelmResult Run(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(File.Exists(Installed) ? Installed : "helm", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new HelmResult(process.ExitCode, output, error.Result);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"There is no helm, neither {Installed}, which ./test.sh installs on x64 Linux, nor one in the path: the chart is not rendered.");
            throw;
        }
    }

    /// <summary>Renders the chart as release <c>ddpm</c> in namespace <c>diffusion</c>.</summary>
    public static HelmResult Template(params IEnumerable<string> arguments) =>
        Run(["template", "ddpm", Chart, "--namespace", "diffusion", .. arguments]);
}
