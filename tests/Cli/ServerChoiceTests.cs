using Ddpm.Cli.Connection;
using Ddpm.Cli.Tests.Fakes;

namespace Ddpm.Cli.Tests;

public sealed class ServerChoiceTests
{
    // Nothing listens on port 1, and no test server can: it is reserved.
    private const string NoServer = "http://127.0.0.1:1";

    [Fact]
    public async Task AnyCommand_WithExplicitServerThatDoesNotAnswer_EndsWithItsAddress()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunWithoutServerAsync("samplers", "--server", NoServer);

        outcome.ExitCode.ShouldBe(ExitCodes.Unavailable);
        outcome.Error.ShouldContain($"No server answers at {NoServer}");
        ddpm.Hosted.ShouldBeEmpty();
    }

    [Fact]
    public async Task AnyCommand_WithServerFromTheEnvironment_TakesItAsExplicit()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Variables["DDPM_SERVER"] = NoServer;

        var outcome = await ddpm.RunWithoutServerAsync("samplers");

        outcome.ExitCode.ShouldBe(ExitCodes.Unavailable);
        outcome.Error.ShouldContain($"No server answers at {NoServer}");
    }

    [Theory]
    [InlineData("localhost:5081")]
    [InlineData("ftp://localhost")]
    public async Task AnyCommand_WithAddressThatIsNone_SaysWhatWouldBeRight(string address)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunWithoutServerAsync("samplers", "--server", address);

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain($"--server is '{address}' but must be http://host:port or https://host:port.");
    }

    [Fact]
    public async Task ModelsCommand_WithTrainerElsewhere_AsksThatOne()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        await using var trainer = await FakeServer.StartAsync();

        var outcome = await ddpm.RunAsync("models", "alias", "fashion-mnist", "best", "stable", "--trainer", trainer.Address.OriginalString);

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        trainer.Models.Moved.ShouldHaveSingleItem();
        ddpm.Server.Models.Moved.ShouldBeEmpty();
    }

    [Fact]
    public async Task Connection_WhereNothingAnswersAtTheDefault_HostsTheServicesAndStopsThem()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        var surroundings = new Surroundings
        {
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            Variable = _ => null,
            Interrupts = ddpm.Interrupts,
            StartLocalServer = (dataRoot, _) =>
            {
                ddpm.Hosted.Add(dataRoot);
                return Task.FromResult(new LocalServer(ddpm.Server.Address, () => { ddpm.Hosted.Clear(); return ValueTask.CompletedTask; }));
            },
        };

        await using (var connection = await ServerConnection.OpenAsync(new ServerChoice(new Uri(NoServer), IsExplicit: false, null, null, "/data"), surroundings))
        {
            connection.IsLocal.ShouldBeTrue();
            ddpm.Hosted.ShouldBe(["/data"]);
            var samplers = await connection.Client.Orchestrator.ListSamplersAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
            samplers.Samplers.ShouldNotBeEmpty();
        }
        ddpm.Hosted.ShouldBeEmpty();
    }
}
