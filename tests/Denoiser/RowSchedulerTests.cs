namespace Ddpm.Denoiser.Tests;

public sealed class RowSchedulerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PredictAsync_OfRowsThatWait_MergesAllRequestsIntoOneEvaluation()
    {
        var engine = new HeldEngine { MaxBatchRows = 8 };
        await using var parts = await StartBusyAsync(engine);

        var requests = await QueueAsync(parts, [1, 2, 3, 4], [10, 11], [20]);
        engine.LetThrough();
        var answers = await Task.WhenAll(requests).WithinPatienceAsync();

        engine.Evaluations.Count.ShouldBe(2);
        engine.Evaluations.Last().Order().ShouldBe([1, 2, 3, 4, 10, 11, 20]);
        answers[0].ShouldBe([[1, 1], [2, 2], [3, 3], [4, 4]]);
        answers[1].ShouldBe([[10, 10], [11, 11]]);
        answers[2].ShouldBe([[20, 20]]);
    }

    [Fact]
    public async Task PredictAsync_OfLargeAndSmallRequest_ServesThemInTurn()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var parts = await StartBusyAsync(engine);

        var requests = await QueueAsync(parts, [1, 2, 3, 4], [10], [20, 21]);
        engine.LetThrough();
        await Task.WhenAll(requests).WithinPatienceAsync();

        engine.Evaluations.Skip(1).Select(batch => batch.Single()).ShouldBe([1, 10, 20, 2, 21, 3, 4]);
    }

    [Fact]
    public async Task PredictAsync_OfFullBatch_GivesEachRequestItsShare()
    {
        var engine = new HeldEngine { MaxBatchRows = 4 };
        await using var parts = await StartBusyAsync(engine);

        var requests = await QueueAsync(parts, [1, 2, 3, 4, 5], [10, 11, 12]);
        engine.LetThrough();
        await Task.WhenAll(requests).WithinPatienceAsync();

        engine.Evaluations.Skip(1).ShouldBe([[1, 10, 2, 11], [3, 12, 4, 5]]);
    }

    [Fact]
    public async Task PredictAsync_OfOneStepAfterTheOther_StaysOnOneWorker()
    {
        var engine = new HeldEngine { Workers = 2 };
        await using var parts = new DenoiserParts(engine);
        await parts.Scheduler.StartAsync(Cancellation);
        await Eventually.HoldsAsync(() => parts.Scheduler.IdleWorkers == 2);
        engine.LetThrough();

        // Away from the test's own synchronization context, which would take every answer to another thread.
        var threads = await Task.Run(StepAsync, Cancellation).WithinPatienceAsync();

        threads.ShouldBe(Enumerable.Repeat(threads[0], 100));
        await Eventually.HoldsAsync(() => parts.Scheduler.IdleWorkers == 2);

        async Task<List<int>> StepAsync()
        {
            var threads = new List<int>();
            for (var step = 0; step < 100; step++)
            {
                (await parts.PredictOnWorkerAsync(step)).ShouldBe([[step, step]]);
                threads.Add(Environment.CurrentManagedThreadId);
                parts.Scheduler.IdleWorkers.ShouldBe(1);
            }
            await Task.Yield();
            return threads;
        }
    }

    [Fact]
    public async Task PredictAsync_OfTrajectoriesSideBySide_AnswersEveryStepOfEach()
    {
        var engine = new HeldEngine { Workers = 2, MaxBatchRows = 2 };
        await using var parts = new DenoiserParts(engine);
        await parts.Scheduler.StartAsync(Cancellation);
        engine.LetThrough();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(trajectory => Task.Run(
            async () =>
            {
                for (var step = 0; step < 500; step++)
                    (await parts.PredictOnWorkerAsync(step)).ShouldBe([[step, step]]);
                await Task.Yield();
            },
            Cancellation))).WithinPatienceAsync();

        engine.Evaluations.Sum(batch => batch.Length).ShouldBe(1500);
    }

    [Fact]
    public async Task PredictAsync_OfTwoNetworks_CancellationMixesThem()
    {
        var engine = new HeldEngine { MaxBatchRows = 8 };
        await using var parts = await StartBusyAsync(engine);
        var a = parts.PredictAsync("a", [1, 2]);
        await Eventually.HoldsAsync(() => parts.Scheduler.WaitingRows == 2);
        var b = parts.PredictAsync("b", [10, 11]);
        await Eventually.HoldsAsync(() => parts.Scheduler.WaitingRows == 4);

        engine.LetThrough();
        await Task.WhenAll(a, b).WithinPatienceAsync();

        engine.Evaluations.Skip(1).ShouldBe([[1, 2], [10, 11]]);
    }

    [Fact]
    public async Task PredictAsync_WithSeveralWorkers_GivesEachItsShareOfWhatIsLeft()
    {
        var engine = new HeldEngine { MaxBatchRows = 8, Workers = 2 };
        await using var parts = new DenoiserParts(engine);
        await parts.Scheduler.StartAsync(Cancellation);
        await Eventually.HoldsAsync(() => parts.Scheduler.IdleWorkers == 2);

        var answers = parts.PredictAsync("a", [1, 2, 3, 4]);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 2);
        engine.LetThrough();
        await answers.WithinPatienceAsync();

        engine.Evaluations.Select(batch => batch.Length).ShouldBe([2, 1, 1]);
    }

    [Fact]
    public async Task PredictAsync_OfGuidedRows_CountsThemTwice()
    {
        var engine = new HeldEngine { MaxBatchRows = 4, Description = Conditional };
        await using var parts = await StartBusyAsync(engine);
        using var lease = await parts.AcquireAsync("a");
        NoiseQuery[] queries = [.. new double[] { 1, 2, 3 }.Select(t => new NoiseQuery(new float[2], t, ClassLabel: 0, GuidanceScale: 2))];

        var answers = parts.Scheduler.PredictAsync(lease, queries, new RequestTurn(), continuesOnWorker: false, Cancellation);
        engine.LetThrough();
        await answers.WithinPatienceAsync();

        engine.Evaluations.Skip(1).ShouldBe([[1, 1, 2, 2], [3, 3]]);
    }

    [Fact]
    public async Task PredictAsync_OfFullQueue_IsRefusedUntilThereIsRoom()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var parts = await StartBusyAsync(engine, new DenoiserOptions { QueueLimit = 2 });
        var accepted = await QueueAsync(parts, [1], [2]);

        var refusal = await Should.ThrowAsync<QueueFullException>(() => parts.PredictAsync("a", [3]));

        refusal.RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);
        refusal.Message.ShouldBe("2 rows are waiting and 2 may: 1 more cannot.");
        engine.LetThrough();
        await Task.WhenAll(accepted).WithinPatienceAsync();
        (await parts.PredictAsync("a", [3]).WithinPatienceAsync()).ShouldBe([[3, 3]]);
    }

    [Fact]
    public async Task PredictAsync_OfMoreRowsThanTheLimit_IsTakenByAnEmptyQueue()
    {
        var engine = new HeldEngine();
        engine.LetThrough();
        await using var parts = new DenoiserParts(engine, new DenoiserOptions { QueueLimit = 2 });
        await parts.Scheduler.StartAsync(Cancellation);

        (await parts.PredictAsync("a", [1, 2, 3, 4, 5]).WithinPatienceAsync()).Length.ShouldBe(5);
    }

    [Fact]
    public async Task PredictAsync_WhenCancelled_CancellationEvaluatesWhatWaited()
    {
        var engine = new HeldEngine { MaxBatchRows = 8 };
        await using var parts = await StartBusyAsync(engine);
        using var cancelled = new CancellationTokenSource();
        var gone = parts.PredictUntilAsync(cancelled.Token, "a", [1, 2, 3]);
        await Eventually.HoldsAsync(() => parts.Scheduler.WaitingRows == 3);
        var stays = await QueueAsync(parts, [10]);

        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);
        parts.Scheduler.WaitingRows.ShouldBe(1);
        engine.LetThrough();
        await Task.WhenAll(stays).WithinPatienceAsync();

        engine.Evaluations.Skip(1).ShouldBe([[10]]);
    }

    [Fact]
    public async Task PredictAsync_WhenCancelledDuringItsEvaluation_KeepsTheNetworkUntilThatEnds()
    {
        var engine = new HeldEngine { NetworkBytes = 2 << 20 };
        await using var parts = new DenoiserParts(engine, new DenoiserOptions { MemoryBudgetMb = 1 });
        await parts.Scheduler.StartAsync(Cancellation);
        using var cancelled = new CancellationTokenSource();
        var gone = parts.PredictUntilAsync(cancelled.Token, "a", [1]);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 1);

        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone);

        engine.Loaded.Single().Disposed.ShouldBeFalse();
        engine.LetThrough();
        await Eventually.HoldsAsync(() => engine.Loaded.Single().Disposed);
    }

    [Theory]
    [InlineData(false, 0, true)]
    [InlineData(true, 0, false)]
    [InlineData(true, 1, true)]
    public async Task PredictAsync_ThatMayContinueOnItsWorker_DoesSoWhenNothingWaits(bool mayContinue, int waiting, bool onThePool)
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var parts = new DenoiserParts(engine);
        await parts.Scheduler.StartAsync(Cancellation);
        using var lease = await parts.AcquireAsync("a");
        var answer = parts.Scheduler.PredictAsync(lease, [new NoiseQuery(new float[2], 1)], new RequestTurn(), mayContinue, Cancellation);
        // The rest of the test must not continue there, for it waits for the workers to end.
        var continued = answer.ContinueWith(
            _ => Thread.CurrentThread.IsThreadPoolThread,
            Cancellation,
            TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.RunContinuationsAsynchronously,
            TaskScheduler.Default);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 1);
        var others = await QueueAsync(parts, [.. Enumerable.Range(2, waiting).Select(t => new double[] { t })]);

        engine.LetThrough();
        await Task.WhenAll(others).WithinPatienceAsync();

        (await continued.WithinPatienceAsync()).ShouldBe(onThePool);
    }

    [Fact]
    public async Task StopAsync_WithRowsWaiting_AnswersThemAndRefusesNewOnes()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var parts = await StartBusyAsync(engine);
        var waiting = await QueueAsync(parts, [1, 2], [3]);

        var stopping = parts.Scheduler.StopAsync(Cancellation);
        await Should.ThrowAsync<OperationCanceledException>(() => parts.PredictAsync("a", [4]));
        stopping.IsCompleted.ShouldBeFalse();
        engine.LetThrough();
        await stopping.WithinPatienceAsync();

        (await Task.WhenAll(waiting).WithinPatienceAsync()).Sum(answer => answer.Length).ShouldBe(3);
    }

    [Fact]
    public async Task StopAsync_WhenTheHostWaitsNoLonger_CancelsWhatWaits()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var parts = await StartBusyAsync(engine);
        var waiting = (await QueueAsync(parts, [1]))[0];
        using var impatient = new CancellationTokenSource();

        var stopping = parts.Scheduler.StopAsync(impatient.Token);
        await impatient.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting.WithinPatienceAsync());
        engine.LetThrough();
        await stopping.WithinPatienceAsync();
        engine.Evaluations.Count.ShouldBe(1);
    }

    private static NetworkDescription Conditional => new HeldEngine().Description with { Classes = 2, NullClass = 2 };

    /// <summary>A scheduler whose workers hold a row each, so that what comes waits.</summary>
    private static async Task<DenoiserParts> StartBusyAsync(HeldEngine engine, DenoiserOptions? options = null)
    {
        var parts = new DenoiserParts(engine, options);
        await parts.Scheduler.StartAsync(Cancellation);
        _ = parts.PredictAsync("a", [900]);
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 1);
        return parts;
    }

    private static async Task<List<Task<float[][]>>> QueueAsync(DenoiserParts parts, params double[][] requests)
    {
        var tasks = new List<Task<float[][]>>();
        foreach (var timesteps in requests)
        {
            var before = parts.Scheduler.WaitingRows;
            tasks.Add(parts.PredictAsync("a", timesteps));
            await Eventually.HoldsAsync(() => parts.Scheduler.WaitingRows == before + timesteps.Length);
        }
        return tasks;
    }
}
