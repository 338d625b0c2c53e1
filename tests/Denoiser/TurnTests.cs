using Microsoft.Extensions.Time.Testing;

namespace Ddpm.Denoiser.Tests;

/// <summary>Whose rows are evaluated next.</summary>
public sealed class TurnTests
{
    private static readonly RequestTurn Bulk = new(IsBulk: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PredictAsync_OfInteractiveRows_GoBeforeBulkThatCameFirst()
    {
        await AssertOrderAsync(1, [20, 10, 11, 12], (Bulk, [10, 11, 12]), (new RequestTurn(), [20]));
    }

    [Fact]
    public async Task PredictAsync_OfBulkAmongEndlessInteractiveRows_HasOnePassInNine()
    {
        double[] interactive = [.. Enumerable.Range(100, 20).Select(t => (double)t)];

        await AssertOrderAsync(
            1,
            [.. interactive[..8], 10, .. interactive[8..16], 11, .. interactive[16..], 12],
            (Bulk, [10, 11, 12]), (new RequestTurn(), interactive));
    }

    [Fact]
    public async Task PredictAsync_OfTwoTenants_TakesTheirRowsInTurnHoweverManyJobsOneHas()
    {
        await AssertOrderAsync(
            1,
            [1, 10, 2, 11, 3, 12],
            (new RequestTurn("many", "a"), [1]), (new RequestTurn("many", "b"), [2]), (new RequestTurn("many", "c"), [3]), (new RequestTurn("one", "d"), [10, 11, 12]));
    }

    [Fact]
    public async Task PredictAsync_OfTwoJobs_TakesTheirRowsInTurnHoweverManyRequestsOneHas()
    {
        await AssertOrderAsync(
            1,
            [1, 10, 2, 11, 3],
            (new RequestTurn("", "a"), [1]), (new RequestTurn("", "a"), [2]), (new RequestTurn("", "a"), [3]), (new RequestTurn("", "b"), [10, 11]));
    }

    [Fact]
    public async Task PredictAsync_OfTenantsAndJobs_FillsABatchInTheSameTurns()
    {
        await AssertOrderAsync(
            4,
            [1, 10, 2, 11, 3, 12],
            (new RequestTurn("many", "a"), [1, 3]), (new RequestTurn("many", "b"), [2]), (new RequestTurn("one", "c"), [10, 11, 12]));
    }

    [Fact]
    public async Task PredictAsync_OfBulkThatFillsItsQueue_LeavesRoomForInteractiveRows()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var parts = await StartBusyAsync(engine, new DenoiserOptions { QueueLimit = 2 });
        var bulk = await QueueAsync(parts, (Bulk, [1, 2]));

        await Should.ThrowAsync<QueueFullException>(() => parts.PredictAsync(Bulk, 3));
        var interactive = await QueueAsync(parts, (new RequestTurn(), [10, 11]));

        engine.LetThrough();
        await Task.WhenAll([.. bulk, .. interactive]).WithinPatienceAsync();
    }

    [Fact]
    public async Task PredictAsync_OfOneRowOnAnIdleMachine_IsSpreadOverItsThreads()
    {
        var engine = new HeldEngine { Workers = 4, LonePassThreads = 4 };
        await using var parts = new DenoiserParts(engine);
        await parts.Scheduler.StartAsync(Cancellation);

        var answer = parts.PredictAsync("a", 1);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 1);
        // Now the machine is not idle: the second has one thread.
        var second = parts.PredictAsync("a", 2);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 2);
        engine.LetThrough();
        await Task.WhenAll(answer, second).WithinPatienceAsync();

        engine.Spread.ShouldBe([true, false]);
    }

    [Fact]
    public async Task PredictAsync_OfBulkWhileSomebodyIsInteractive_IsOneBriefPassAtATimeOnAllThreads()
    {
        var engine = new HeldEngine { Workers = 2, LonePassThreads = 2, MaxBatchRows = 4 };
        var time = new FakeTimeProvider();
        await using var parts = new DenoiserParts(engine, time: time);
        await parts.Scheduler.StartAsync(Cancellation);
        await Eventually.HoldsAsync(() => parts.Scheduler.IdleWorkers == 2);
        engine.LetThrough(1);
        await parts.PredictAsync("a", 100).WithinPatienceAsync();

        // Between two steps of a trajectory: one of the two workers evaluates one row, though four wait.
        var bulk = parts.PredictAsync(Bulk, 1, 2, 3, 4, 5, 6);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 2);
        parts.Scheduler.IdleWorkers.ShouldBe(1);
        engine.Evaluations.Last().ShouldBe([1]);

        // Nobody was interactive for long: passes are as full as they can be.
        time.Advance(TimeSpan.FromMinutes(1));
        engine.LetThrough();
        await bulk.WithinPatienceAsync();

        engine.Spread.Take(3).ShouldBe([true, true, false]);
        engine.Evaluations.ElementAt(2).Length.ShouldBeGreaterThan(1);
    }

    private static async Task AssertOrderAsync(int maxBatchRows, double[] expected, params (RequestTurn Turn, double[] Timesteps)[] requests)
    {
        var engine = new HeldEngine { MaxBatchRows = maxBatchRows };
        await using var parts = await StartBusyAsync(engine);

        var answers = await QueueAsync(parts, requests);
        engine.LetThrough();
        await Task.WhenAll(answers).WithinPatienceAsync();

        engine.Evaluations.Skip(1).SelectMany(batch => batch).ShouldBe(expected);
    }

    /// <summary>A scheduler whose worker holds a bulk row, so that what comes waits.</summary>
    private static async Task<DenoiserParts> StartBusyAsync(HeldEngine engine, DenoiserOptions? options = null)
    {
        var parts = new DenoiserParts(engine, options);
        await parts.Scheduler.StartAsync(Cancellation);
        _ = parts.PredictAsync(Bulk, 900);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 1);
        return parts;
    }

    private static async Task<List<Task<float[][]>>> QueueAsync(DenoiserParts parts, params (RequestTurn Turn, double[] Timesteps)[] requests)
    {
        var tasks = new List<Task<float[][]>>();
        foreach (var (turn, timesteps) in requests)
        {
            var before = parts.Scheduler.WaitingRows;
            tasks.Add(parts.PredictAsync(turn, timesteps));
            await Eventually.HoldsAsync(() => parts.Scheduler.WaitingRows == before + timesteps.Length);
        }
        return tasks;
    }
}
