using System.Net;
using System.Net.Sockets;
using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.Containers.Tests.Support;

/// <summary>
/// docker-compose.yml as a project of the test's own, with a folder of secret files of its own. Disposing removes its containers, volumes and networks.
/// </summary>
internal sealed class ComposeStack : IAsyncDisposable
{
    private readonly TemporaryFolder _secrets = new();
    private readonly Dictionary<string, string> _environment;

    private ComposeStack()
    {
        (Gallery, Orchestrator, OtherOrchestrator, Trainer) = (FreePort(), FreePort(), FreePort(), FreePort());
        _environment = new(Images.Variables)
        {
            ["COMPOSE_PROJECT_NAME"] = TestRun.Name,
            ["SECRETS_FOLDER"] = _secrets.Path,
            ["GALLERY_PORT"] = $"{Gallery}",
            ["ORCHESTRATOR_PORT"] = $"{Orchestrator}",
            ["ORCHESTRATOR_2_PORT"] = $"{OtherOrchestrator}",
            ["TRAINER_PORT"] = $"{Trainer}",
        };
    }

    public int Gallery { get; }

    public int Orchestrator { get; }

    public int OtherOrchestrator { get; }

    public int Trainer { get; }

    /// <summary>A project of which nothing has been started; skips the test where there is no Compose.</summary>
    public static ComposeStack OrSkip()
    {
        Images.OrSkip("orchestrator");
        SkipUnlessThere();
        return new ComposeStack();
    }

    /// <summary>Sets or changes a secret file, which nobody but the user of these tests may read.</summary>
    public void WriteSecret(string name, string value)
    {
        File.WriteAllText(_secrets.Resolve(name), value);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_secrets.Resolve(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void DeleteSecret(string name) => File.Delete(_secrets.Resolve(name));

    /// <summary>Starts services anew, and what they depend on where it does not run.</summary>
    public Task UpAsync(params string[] services) => RunAsync(["up", "--detach", "--no-build", "--force-recreate", .. services]);

    /// <summary>Runs a service to its end, which must be success.</summary>
    /// <param name="service">The service.</param>
    /// <param name="program">What to run in its stead, with arguments; empty: what the file says.</param>
    /// <returns>What it wrote.</returns>
    public Task<string> RunToEndAsync(string service, params string[] program) =>
        RunAsync(["run", "--rm", "-T", .. program.Take(1).SelectMany(first => new[] { "--entrypoint", first }), service, .. program.Skip(1)]);

    /// <summary>Skips the test where there is neither the program docker-compose nor the plug-in.</summary>
    public static void SkipUnlessThere() => Assert.SkipUnless(
        IsProgramThere || Directory.Exists("/usr/libexec/docker/cli-plugins"), "Neither docker-compose nor the plug-in compose of docker is there.");

    /// <summary>Checks the file by Compose's own rules.</summary>
    /// <returns>What it objects to.</returns>
    public static async Task<string> ObjectionsAsync()
    {
        await using var process = Start(["config", "--quiet"], Images.Variables);
        return await process.ExitAsync() == 0 ? "" : process.Output + process.Error;
    }

    /// <summary>Stops all containers and lets them keep their data.</summary>
    /// <returns>The exit code of each service's container.</returns>
    public async Task<IReadOnlyDictionary<string, int>> StopAsync(params string[] services)
    {
        await RunAsync(["stop", .. services]);
        var exitCodes = new Dictionary<string, int>();
        foreach (var service in services)
            exitCodes[service] = int.Parse(await DockerCommand.RunAsync("inspect", "--format", "{{.State.ExitCode}}", (await RunAsync(["ps", "--all", "--quiet", service])).Trim()));
        return exitCodes;
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync(["down", "--volumes", "--timeout", "5"]);
        _secrets.Dispose();
    }

    private static bool IsProgramThere => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "docker-compose")));

    private async Task<string> RunAsync(string[] arguments)
    {
        await using var process = Start(arguments, _environment);
        var exitCode = await process.ExitAsync();
        if (exitCode != 0)
            throw new InvalidOperationException($"docker-compose {string.Join(' ', arguments)} ended with {exitCode}:\n{process.Output}{process.Error}{await LogsAsync()}");
        return process.Output;
    }

    private async Task<string> LogsAsync()
    {
        await using var logs = Start(["logs", "--no-color", "--tail", "30"], _environment);
        await logs.ExitAsync();
        return logs.Output;
    }

    private static RunningProcess Start(string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        string[] file = ["--file", Repository.Resolve("docker-compose.yml"), .. arguments];
        return IsProgramThere ? RunningProcess.Start("docker-compose", file, environment) : RunningProcess.Start("docker", ["compose", .. file], environment);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
