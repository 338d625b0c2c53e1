using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging;
using static Ddpm.Orchestrator.Tests.Denoising.PoolUnderTest;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>Which Denoisers there are, by what their names stand for.</summary>
public sealed class DenoiserDirectoryTests
{
    private const int Port = 5082;

    [Theory]
    [InlineData("::1 127.0.0.1", "127.0.0.1")]
    [InlineData("10.0.0.7 fd00::7 10.0.0.3 fd00::3", "10.0.0.3 10.0.0.7")]
    [InlineData("fd00::7 fd00::3", "fd00::3 fd00::7")]
    [InlineData("10.0.0.3 10.0.0.3", "10.0.0.3")]
    public async Task Endpoints_OfAnAnswer_AreEachReplicaOnce(string answer, string expected)
    {
        await using var pool = await StartAsync(Port, answer.Split(' '));
        string.Join(' ', pool.Ips).ShouldBe(expected);
    }

    [Fact]
    public async Task Endpoints_OfTwoNamesOfOneProcess_AreOne()
    {
        var options = new OrchestratorOptions
        {
            Denoisers = [new($"http://{Host}:{Port}"), new($"http://127.0.0.1:{Port}"), new($"http://127.0.0.1:{Port + 1}")],
        };
        await using var pool = await StartAsync(options, "127.0.0.1", "127.0.0.2");
        pool.Directory.Current.Endpoints.Select(endpoint => endpoint.Replica.ToString()).ShouldBe([
            $"http://{Host}:{Port}/ (127.0.0.1)", $"http://{Host}:{Port}/ (127.0.0.2)", $"http://127.0.0.1:{Port + 1}/"]);
    }

    [Fact]
    public async Task Endpoints_OfIpAddressesAndSockets_AreThereWithoutBeingResolved()
    {
        var options = new OrchestratorOptions
        {
            Denoisers = [new($"http://{Host}:{Port}"), new($"http://127.0.0.1:{Port}"), new($"https://[::1]:{Port}"), new("unix:/run/denoiser.sock")],
        };
        await using var pool = await StartAsync(options);
        pool.Ips.ShouldBe([null, null, null]);
        pool.Resolver.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task Endpoints_AnswerChanges_ThoseThatStayAreTheSame()
    {
        await using var pool = await StartAsync(Port, "10.0.0.1", "10.0.0.2");
        var before = pool.Directory.Current.Endpoints;
        await pool.ResolveToAsync("10.0.0.3", "10.0.0.2");
        pool.Ips.ShouldBe(["10.0.0.2", "10.0.0.3"]);
        pool.Directory.Current.Endpoints[0].ShouldBeSameAs(before[1]);
    }

    [Fact]
    public async Task Endpoints_NameResolvesNoMore_StayAndItIsLoggedOnce()
    {
        await using var pool = await StartAsync(Port, "10.0.0.1", "10.0.0.2");
        await pool.Resolver.AskedAsync();
        await pool.ResolveToAsync();
        var failed = pool.Directory.Current;
        await pool.Resolver.AskedAsync();
        for (var i = 0; i < 3; i++)
        {
            pool.Time.Advance(TimeSpan.FromSeconds(5));
            await pool.Resolver.AskedAsync();
        }

        pool.Ips.ShouldBe(["10.0.0.1", "10.0.0.2"]);
        pool.Directory.Current.ShouldBeSameAs(failed);
        pool.Log.At(LogLevel.Warning).ShouldHaveSingleItem().ShouldContain(Host);
        await pool.ResolveToAsync("10.0.0.1", "10.0.0.2");
        pool.Log.At(LogLevel.Information).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("00:00:00.9", false)]
    [InlineData("00:00:01", true)]
    [InlineData("00:10:00", true)]
    [InlineData("00:10:01", false)]
    public void DenoiserRefresh_OutsideItsRange_IsRefused(string refresh, bool isValid)
    {
        var options = new OrchestratorOptions { DenoiserRefresh = TimeSpan.Parse(refresh) };
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true).ShouldBe(isValid);
        if (!isValid)
            results.ShouldHaveSingleItem().ErrorMessage.ShouldBe("Orchestrator:DenoiserRefresh must be 1 second to 10 minutes.");
    }
}
