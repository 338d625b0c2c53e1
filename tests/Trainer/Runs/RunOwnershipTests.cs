using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Hosting;
using Ddpm.Storage;
using Ddpm.Storage.Databases;
using Ddpm.Storage.Files;
using Ddpm.Storage.Tests.Servers;
using Ddpm.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Ddpm.Trainer.Runs;

/// <summary>Trainers that share a PostgreSQL database, which is stopped and started as the tests need it.</summary>
public sealed class RunOwnershipTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly PostgresServer _server = new();
    private readonly FakeTimeProvider _time = new();
    private string _database = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        _database = await _server.NewDatabaseAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task StartAsync_WhileAnotherTrainerHasTheRuns_IsRefusedInWordsAfterAWhile()
    {
        await using var first = NewOwnership();
        await first.StartAsync(Cancellation);
        await using var second = NewOwnership();
        var began = _time.GetUtcNow();

        var refused = await Should.ThrowAsync<StorageInUseException>(() => AdvancingAsync(second.StartAsync(Cancellation)));

        ServiceHost.Explain(refused).ShouldNotBeNull().ShouldContain("Storage:Database");
        (_time.GetUtcNow() - began).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        first.ThrowIfLost();
        Should.Throw<StorageUnavailableException>(second.ThrowIfLost);
        await first.StopAsync(Cancellation);
    }

    [Fact]
    public async Task StartAsync_WhileAnotherTrainerEnds_WaitsForIt()
    {
        var first = NewOwnership();
        await first.StartAsync(Cancellation);
        await using var second = NewOwnership();
        var starting = second.StartAsync(Cancellation);

        await first.StopAsync(Cancellation);
        Should.Throw<StorageUnavailableException>(second.ThrowIfLost);
        await first.DisposeAsync();
        await AdvancingAsync(starting);

        second.ThrowIfLost();
        await second.StopAsync(Cancellation);
    }

    [Fact]
    public async Task ThrowIfLost_WhileTheServerIsAway_ThrowsUntilTheLockIsTakenAgain()
    {
        await using var ownership = NewOwnership(TimeProvider.System);
        await ownership.StartAsync(Cancellation);

        await _server.StopAsync(Cancellation);
        await UntilAsync(() => IsLost(ownership));
        await _server.StartAsync(Cancellation);
        await UntilAsync(() => !IsLost(ownership));

        (await PostgresLock.TryTakeAsync(_database, RunOwnership.Key, "another", Cancellation)).ShouldBeNull();
        await ownership.StopAsync(Cancellation);
    }

    [Fact]
    public async Task StartAsync_WithoutPostgres_OwnsTheRunsAtOnce()
    {
        await using var ownership = new RunOwnership(Options.Create(new StorageOptions { Root = _folder.Path }), _time, NullLogger<RunOwnership>.Instance);
        await ownership.StartAsync(Cancellation);
        ownership.ThrowIfLost();
    }

    /// <summary>Whoever waits for the lock gets it when the server ends the Trainer's connection, before that one can take it again.</summary>
    [Fact]
    public async Task Trainer_WhoseRunsAnotherTakes_EndsToBeStartedAnew()
    {
        await using var trainer = RunningProcess.StartDotnet(
            typeof(TrainerOptions).Assembly.Location,
            [$"--Storage:Root={_folder.Path}", $"--Storage:Database={_database}", "--Listen:Grpc=http://127.0.0.1:0", $"--Trainer:ShippedModels={_folder.Path}/none"]);
        await using var locks = new NpgsqlConnection($"{_database};Pooling=false");
        await locks.OpenAsync(Cancellation);
        await using var isTaken = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint << 32 | objid::bigint = $1)", locks)
        {
            Parameters = { new() { Value = RunOwnership.Key } },
        };
        await UntilAsync(async () => (bool)(await isTaken.ExecuteScalarAsync(Cancellation))!);
        await using var another = new NpgsqlConnection($"{_database};Pooling=false;Command Timeout=0");
        await another.OpenAsync(Cancellation);
        await using var wait = new NpgsqlCommand("SELECT pg_advisory_lock($1)", another) { Parameters = { new() { Value = RunOwnership.Key } } };
        var taken = wait.ExecuteNonQueryAsync(Cancellation);
        await using var end = new NpgsqlCommand(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)
            """,
            locks);
        await UntilAsync(async () => (long)(await end.ExecuteScalarAsync(Cancellation))! > 0);
        await taken;

        (await trainer.ExitAsync()).ShouldBe(RunOwnership.ExitCode);
        trainer.Error.ShouldContain("another Trainer has taken the runs");
    }

    /// <summary>It trains to its end, which waits to be written down before anything is published.</summary>
    [Fact]
    public async Task Run_WhileTheServerIsAway_GoesOnAndIsWrittenDownAfterwards()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path, $"--Storage:Database={_database}");
        var run = await trainer.StartRunAsync(TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 300").Replace("\"training\"", "\"samples\": { \"every\": 300 }, \"training\""));
        await trainer.UntilAsync(run.Id, current => current.StepsDone > 5);

        await _server.StopAsync(Cancellation);
        var steps = Path.Combine(_folder.Path, "runs", run.Id, "steps.csv");
        await UntilAsync(() => File.ReadLines(steps).Count() == 301);
        Directory.Exists(Path.Combine(_folder.Path, "models", "stripes")).ShouldBeFalse();
        await _server.StartAsync(Cancellation);
        var ended = (await trainer.EventsAsync(run.Id))[^1].Run;

        ended.State.ShouldBe(RunState.Succeeded, ended.Error);
        ended.StepsDone.ShouldBe(300);
        ended.PublishedVersion.ShouldBe((await trainer.GetModelAsync("stripes")).Aliases["latest"]);
        (await trainer.GetRunCurveAsync(run.Id, 1000)).Count.ShouldBe(300);
    }

    private RunOwnership NewOwnership(TimeProvider? time = null) =>
        new(Options.Create(new StorageOptions { Database = _database }), time ?? _time, NullLogger<RunOwnership>.Instance);

    private static bool IsLost(RunOwnership ownership)
    {
        try
        {
            ownership.ThrowIfLost();
            return false;
        }
        catch (StorageUnavailableException)
        {
            return true;
        }
    }

    /// <summary>Lets the time of the test pass, a second at a time, until something is done.</summary>
    private async Task AdvancingAsync(Task doing)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!doing.IsCompleted)
        {
            await timer.WaitForNextTickAsync(Cancellation);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        await doing;
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await timer.WaitForNextTickAsync(Cancellation);
    }
}
