using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser.Tests;

/// <summary>The cache and the scheduler over a <see cref="HeldEngine"/>, without a server.</summary>
internal sealed class DenoiserParts : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HeldEngine _engine;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<DenoiserMetrics>().BuildServiceProvider();

    public DenoiserParts(HeldEngine engine, DenoiserOptions? options = null, TimeProvider? time = null)
    {
        _engine = engine;
        var wrapped = Options.Create(options ?? new DenoiserOptions());
        var metrics = _services.GetRequiredService<DenoiserMetrics>();
        Networks = new NetworkCache(new FakeStore(_folder.FullName), engine, wrapped, metrics, TimeProvider.System, NullLogger<NetworkCache>.Instance);
        Scheduler = new RowScheduler(engine, wrapped, metrics, time ?? TimeProvider.System, NullLogger<RowScheduler>.Instance);
    }

    public NetworkCache Networks { get; }

    public RowScheduler Scheduler { get; }

    /// <summary>Predicts for rows that are told apart by their timesteps.</summary>
    public Task<float[][]> PredictAsync(string model, params double[] timesteps) =>
        PredictUntilAsync(TestContext.Current.CancellationToken, model, timesteps);

    /// <summary>The same in a turn of its own.</summary>
    public Task<float[][]> PredictAsync(RequestTurn turn, params double[] timesteps) =>
        PredictUntilAsync(TestContext.Current.CancellationToken, "a", timesteps, turn);

    /// <summary>The same, and a lone answer is carried on by the worker that has it.</summary>
    public Task<float[][]> PredictOnWorkerAsync(params double[] timesteps) =>
        PredictUntilAsync(TestContext.Current.CancellationToken, "a", timesteps, continuesOnWorker: true);

    /// <summary>The same, for as long as the caller waits.</summary>
    public async Task<float[][]> PredictUntilAsync(
        CancellationToken cancellationToken, string model, double[] timesteps, RequestTurn? turn = null, bool continuesOnWorker = false)
    {
        using var lease = await AcquireAsync(model);
        NoiseQuery[] queries = [.. timesteps.Select(t => new NoiseQuery(new float[2], t))];
        return await Scheduler.PredictAsync(lease, queries, turn ?? new RequestTurn(), continuesOnWorker, cancellationToken);
    }

    public Task<NetworkLease> AcquireAsync(string model) => Networks.AcquireAsync(model, "1", CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        // What a failed test holds must not hold up its end.
        _engine.LetThrough();
        Scheduler.Dispose();
        Networks.Dispose();
        await _services.DisposeAsync();
        _folder.Dispose();
    }
}
