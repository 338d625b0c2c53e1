using Ddpm.Orchestrator.Tests.Denoising;
using Ddpm.Protocol;
using Ddpm.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>A Denoiser in the Orchestrator's own process.</summary>
public sealed class LocalDenoiserTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Job_OfALocalDenoiser_HasTheBytesOfARemoteOne()
    {
        byte[] remote;
        await using (var cluster = await StartAsync(_root.Path))
            remote = await ImageOfAJobAsync(cluster);
        await using var local = await StartAsync(_root.Path, HasLocalDenoiser);
        (await ImageOfAJobAsync(local)).ShouldBe(remote);
    }

    [Fact]
    public async Task Job_LocalDenoiserIsFullNowAndThen_WaitsAndAsksAgain()
    {
        await using var cluster = await StartAsync(_root.Path, HasLocalDenoiser);
        var refused = 0;
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if (number % 5 != 0)
                return;
            Interlocked.Increment(ref refused);
            throw RpcErrors.ResourceExhausted("Full.", TimeSpan.FromMilliseconds(1));
        };
        var job = await cluster.SubmitAsync(Spec(steps: 20));
        (await cluster.FinishAsync(job.Id)).State.ShouldBe(JobState.Succeeded);
        refused.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Rows_OfALocalAndARemoteDenoiser_AreShared()
    {
        await using var remote = await DenoiserReplica.StartAsync("127.0.0.1");
        var local = new AnalyticDenoiser();
        var options = new OrchestratorOptions
        {
            Denoisers = [new("local:"), new($"http://127.0.0.1:{remote.Port}"), new($"http://{PoolUnderTest.Host}:{remote.Port}")],
        };
        await using var pool = await PoolUnderTest.StartAsync(options, local, "127.0.0.1");
        remote.Denoiser.Hold();
        local.Hold();
        var underWay = pool.AskAsync(callers: 8, rows: 1);
        pool.Directory.Current.Endpoints.Select(endpoint => endpoint.UnderWay).ShouldBe([4, 4]);
        remote.Denoiser.Release();
        local.Release();
        await underWay;
        local.Answered.ShouldBe(4);
        remote.Denoiser.Answered.ShouldBe(4);
    }

    [Fact]
    public void Start_LocalDenoiserInAProcessThatHasNone_IsRefused()
    {
        var builder = WebApplication.CreateBuilder([$"--Storage:Root={_root.Path}", HasLocalDenoiser]);
        builder.AddOrchestrator();
        using var app = (IDisposable)builder.Build();
        var options = ((WebApplication)app).Services.GetRequiredService<IOptions<OrchestratorOptions>>();
        Should.Throw<OptionsValidationException>(() => options.Value).Message.ShouldContain("Orchestrator:Denoisers holds 'local:'");
    }

    private static async Task<byte[]> ImageOfAJobAsync(OrchestratorUnderTest cluster)
    {
        var job = await cluster.SubmitAsync(Spec(steps: 30));
        (await cluster.FinishAsync(job.Id)).State.ShouldBe(JobState.Succeeded);
        return await cluster.ImageAsync(job.Id, 1);
    }
}
