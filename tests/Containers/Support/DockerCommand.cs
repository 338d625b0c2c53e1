using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.Containers.Tests.Support;

/// <summary>The command <c>docker</c>, for what Testcontainers does not offer.</summary>
internal static class DockerCommand
{
    /// <summary>Runs it to its end, which must be success.</summary>
    /// <returns>What it wrote, without white space around it.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        await using var process = RunningProcess.Start("docker", arguments);
        (await process.ExitAsync()).ShouldBe(0, $"docker {string.Join(' ', arguments)}: {process.Error}");
        return process.Output.Trim();
    }
}
