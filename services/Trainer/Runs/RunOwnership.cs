using Ddpm.Storage;
using Ddpm.Storage.Databases;
using Ddpm.Storage.Files;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Runs;

/// <summary>
/// A Trainer owns its runs. An SQLite file sees to that by itself; in a PostgreSQL database, which other processes use too, it is a lock that the Trainer holds
/// for as long as it lives. A second Trainer waits a while, for the first may be ending, and then refuses to start. Where the lock is lost with its connection,
/// nothing is written of runs until it is taken again; where another Trainer has it then, the process ends.
/// </summary>
internal sealed partial class RunOwnership(IOptions<StorageOptions> storage, TimeProvider time, ILogger<RunOwnership> logger) : BackgroundService, IAsyncDisposable
{
    /// <summary>Exit code of a process whose runs another Trainer has taken.</summary>
    public const int ExitCode = 3;

    /// <summary>What is locked: "ddpmruns" in ASCII.</summary>
    public const long Key = 0x6464706D72756E73;

    /// <summary>As long as a Trainer may take to end, and longer than a server takes to notice that one is gone.</summary>
    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(30);

    /// <summary>As long as a server takes to end a connection of this process's own that it believes to be there.</summary>
    private static readonly TimeSpan PatienceAfterLoss = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);

    private readonly string? _database = storage.Value.Database;
    private readonly string _holder = $"ddpm-trainer-{Guid.NewGuid():N}";
    private volatile PostgresLock? _lock;

    /// <exception cref="StorageInUseException">Another Trainer has the runs.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_database is not null)
        {
            _lock = await TakeAsync(_database, PatienceAtStart, cancellationToken) ?? throw new StorageInUseException(
                $"Another Trainer works on the runs of {StorageOptions.Section}:{nameof(StorageOptions.Database)} and went on for {PatienceAtStart.TotalSeconds:0} seconds: stop it, or give this one a database of its own.");
        }
        await base.StartAsync(cancellationToken);
    }

    /// <exception cref="StorageUnavailableException">The runs may be another Trainer's by now: nothing may be written of them.</exception>
    public void ThrowIfLost()
    {
        if (_database is not null && _lock is null)
            throw new StorageUnavailableException("The connection to PostgreSQL that holds the runs is lost; nothing is written of them until it is there again.");
    }

    public async ValueTask DisposeAsync()
    {
        // The container has it as a service and as a hosted service, and disposes of both.
        if (_lock is { } held)
        {
            _lock = null;
            await held.DisposeAsync();
        }
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_lock is { } held)
        {
            await held.Lost.WaitAsync(stoppingToken);
            _lock = null;
            LogLost(logger);
            await held.DisposeAsync();
            _lock = await TakeAgainAsync(_database!, stoppingToken);
            LogTakenAgain(logger);
        }
    }

    /// <summary>Takes the lock when its server answers; ends the process when it is another's.</summary>
    private async Task<PostgresLock> TakeAgainAsync(string database, CancellationToken cancellationToken)
    {
        var reason = "";
        while (true)
        {
            try
            {
                if (await TakeAsync(database, PatienceAfterLoss, cancellationToken) is { } taken)
                    return taken;
                End();
            }
            catch (IOException e)
            {
                if (e.Message != reason)
                    LogNotTaken(logger, reason = e.Message);
            }
            await Task.Delay(TryAgainAfter, time, cancellationToken);
        }
    }

    /// <returns>The lock; null when another Trainer has it, and still had it when the patience ended.</returns>
    private async Task<PostgresLock?> TakeAsync(string database, TimeSpan patience, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var waits = false;
        while (true)
        {
            if (await PostgresLock.TryTakeAsync(database, Key, _holder, cancellationToken) is { } taken)
                return taken;
            if (time.GetElapsedTime(since) >= patience)
                return null;
            if (!waits)
                LogWaits(logger, patience.TotalSeconds);
            waits = true;
            await Task.Delay(TryAgainAfter, time, cancellationToken);
        }
    }

    private static void End()
    {
        // Past the log, which is written later than this process lives.
        Console.Error.WriteLine("ddpm trainer ends, to be started anew: while PostgreSQL was away another Trainer has taken the runs.");
        // Nothing is to be saved: the last checkpoint is, and writing more is what must not happen.
        Environment.Exit(ExitCode);
    }

    [LoggerMessage(1, LogLevel.Warning, "Another Trainer works on the runs of the database; it is given {Seconds} seconds to end")]
    private static partial void LogWaits(ILogger logger, double seconds);

    [LoggerMessage(2, LogLevel.Warning, "The connection to PostgreSQL that holds the runs is lost; training goes on, and nothing is written of runs until it is there again")]
    private static partial void LogLost(ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "The runs cannot be taken again yet: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Information, "The runs are this Trainer's again")]
    private static partial void LogTakenAgain(ILogger logger);
}
