using System.Diagnostics.Metrics;
using Ddpm.Hosting;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Orchestrator.Tests.Running;
using Ddpm.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>Directory and pool as an Orchestrator has them, over a DNS and a clock of the test.</summary>
internal sealed class PoolUnderTest : IAsyncDisposable
{
    /// <summary>The name that the Denoisers share.</summary>
    public const string Host = "denoisers.test";

    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DenoiserPool _pool;

    private PoolUnderTest(OrchestratorOptions options, FakeHostResolver resolver, ILocalDenoiser? local)
    {
        Resolver = resolver;
        var wrapped = Options.Create(options);
        Directory = new DenoiserDirectory(wrapped, Options.Create(new SecurityOptions()), resolver, _lifetime, Time, Log, local);
        Meters = _services.GetRequiredService<IMeterFactory>();
        _pool = new DenoiserPool(Directory, wrapped, new OrchestratorMetrics(Meters), Time, NullLogger<DenoiserPool>.Instance);
    }

    public FakeHostResolver Resolver { get; }

    /// <summary>Time of the directory and the pool; connections have their own.</summary>
    public FakeTimeProvider Time { get; } = new();

    public DenoiserDirectory Directory { get; }

    public IMeterFactory Meters { get; }

    public ListLogger<DenoiserDirectory> Log { get; } = new();

    /// <summary>IP addresses of those that take rows.</summary>
    public IEnumerable<string?> Ips => Directory.Current.Endpoints.Select(endpoint => endpoint.Replica.Ip?.ToString());

    /// <summary>Denoisers at one port of <see cref="Host"/>; returns when the name was resolved.</summary>
    public static Task<PoolUnderTest> StartAsync(int port, params string[] ips) =>
        StartAsync(new OrchestratorOptions { Denoisers = [new Uri($"http://{Host}:{port}")] }, ips);

    /// <summary>Returns when <see cref="Host"/> was resolved.</summary>
    public static Task<PoolUnderTest> StartAsync(OrchestratorOptions options, params string[] ips) => StartAsync(options, local: null, ips);

    /// <summary>The same where the process has a Denoiser.</summary>
    public static async Task<PoolUnderTest> StartAsync(OrchestratorOptions options, ILocalDenoiser? local, params string[] ips)
    {
        var resolver = new FakeHostResolver();
        resolver.Answer(Host, ips);
        var pool = new PoolUnderTest(options, resolver, local);
        var unresolved = pool.Directory.Current;
        await pool.Directory.StartAsync(TestContext.Current.CancellationToken);
        await unresolved.Superseded.WaitAsync(TestContext.Current.CancellationToken);
        return pool;
    }

    /// <summary>The name stands for others, and time passes until that is noticed.</summary>
    public async Task ResolveToAsync(params string[] ips)
    {
        Resolver.Answer(Host, ips);
        var before = Directory.Current;
        Time.Advance(TimeSpan.FromSeconds(5));
        await before.Superseded.WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks for ε of one row, whose first value is given, and checks it.</summary>
    public async Task AskAsync(float value = 0.5f)
    {
        float[] x = [value, -0.25f];
        var query = new NoiseQuery("toy", "1", [1, 1, 2], x, 500, null, null, new Turn("", "job", Priority.Interactive));
        var prediction = await _pool.PredictAsync(query, TestContext.Current.CancellationToken);
        prediction.Noise.ShouldBe(AnalyticDenoiser.Epsilon(x, 500, null));
    }

    /// <summary>Asks from several callers at once, each for one row after the other.</summary>
    public Task AskAsync(int callers, int rows) => Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
    {
        for (var row = 0; row < rows; row++)
            await AskAsync(caller + row / 256f);
    }));

    public async ValueTask DisposeAsync()
    {
        _lifetime.StopApplication();
        await Directory.StopAsync(CancellationToken.None);
        Directory.Dispose();
        await _services.DisposeAsync();
    }
}
