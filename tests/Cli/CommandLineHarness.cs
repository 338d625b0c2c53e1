using System.Text.Json.Nodes;
using Ddpm.Cli.Connection;
using Ddpm.Cli.Tests.Fakes;

namespace Ddpm.Cli.Tests;

/// <summary>Runs the command line in this process against a <see cref="FakeServer"/>, in a folder of its own.</summary>
internal sealed class CommandLineHarness : IAsyncDisposable
{
    private CommandLineHarness(FakeServer server) => Server = server;

    public FakeServer Server { get; }

    public Interrupts Interrupts { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("ddpm-cli-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Data folders that services were hosted over.</summary>
    public List<string> Hosted { get; } = [];

    public static async Task<CommandLineHarness> StartAsync() => new(await FakeServer.StartAsync());

    /// <summary>Runs a command against the fake server.</summary>
    public Task<Outcome> RunAsync(params string[] args) => RunWithoutServerAsync([.. args, "--server", Server.Address.OriginalString]);

    /// <summary>Runs a command without telling it of a server; one that it hosts is the fake one.</summary>
    public async Task<Outcome> RunWithoutServerAsync(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(args, new Surroundings
        {
            Output = output,
            Error = error,
            Variable = Variables.GetValueOrDefault,
            Interrupts = Interrupts,
            StartLocalServer = (dataRoot, _) =>
            {
                Hosted.Add(dataRoot);
                return Task.FromResult(new LocalServer(Server.Address, () => ValueTask.CompletedTask));
            },
        });
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Interrupts.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>The one document on stdout.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;
}
