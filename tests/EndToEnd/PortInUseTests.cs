using System.Net;
using System.Net.Sockets;
using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

public sealed class PortInUseTests
{
    [Theory]
    [InlineData("Listen:Grpc")]
    [InlineData("Listen:Web")]
    public async Task Standalone_OnAPortInUse_EndsWithOneLineThatNamesIt(string setting)
    {
        using var folder = new TemporaryFolder();
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var address = $"http://{occupied.LocalEndpoint}";
        var other = setting == "Listen:Grpc" ? "Listen:Web" : "Listen:Grpc";

        await using var standalone = RunningProcess.StartDotnet(
            Repository.Program("services/Standalone", "Ddpm.Standalone"),
            [$"--{setting}={address}", $"--{other}={ServiceProcess.FreeAddress()}", $"--Storage:Root={folder.Path}"]);

        (await standalone.ExitAsync()).ShouldBe(1);
        var line = standalone.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
        line.ShouldContain($"{((IPEndPoint)occupied.LocalEndpoint).Port}");
        line.ShouldContain("address already in use");
        standalone.Output.ShouldNotContain("Gallery");
    }
}
