using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Ddpm.Orchestrator.Denoising;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>Replicas behind one name that share rows, join, leave, die and hang.</summary>
public sealed class DenoiserPoolTests : IAsyncLifetime
{
    private int _port;
    private DenoiserReplica _first = null!;
    private DenoiserReplica _second = null!;

    public async ValueTask InitializeAsync()
    {
        _first = await DenoiserReplica.StartAsync("127.0.0.1");
        _port = _first.Port;
        _second = await DenoiserReplica.StartAsync("127.0.0.2", _port);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task PredictAsync_TwoReplicasBehindOneName_ShareTheRows()
    {
        await using var pool = await PoolUnderTest.StartAsync(_port, "127.0.0.1", "127.0.0.2");
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = Listen(pool, counted);

        await pool.AskAsync(callers: 8, rows: 50);

        ((double)_first.Denoiser.Answered / 400).ShouldBeInRange(0.4, 0.6);
        (_first.Denoiser.Answered + _second.Denoiser.Answered).ShouldBe(400);
        counted["127.0.0.1"].ShouldBe(_first.Denoiser.Answered);
        counted["127.0.0.2"].ShouldBe(_second.Denoiser.Answered);
    }

    [Fact]
    public async Task PredictAsync_ReplicaJoins_GetsRowsWithoutARestart()
    {
        await using var third = await DenoiserReplica.StartAsync("127.0.0.3", _port);
        await using var pool = await PoolUnderTest.StartAsync(_port, "127.0.0.1", "127.0.0.2");
        await pool.AskAsync(callers: 2, rows: 5);
        third.Denoiser.Answered.ShouldBe(0);
        // Those that were there have all the rows of 7 callers under way, and the eighth's goes to the one that has none.
        _first.Denoiser.Hold();
        _second.Denoiser.Hold();
        var underWay = pool.AskAsync(callers: 7, rows: 1);

        await pool.ResolveToAsync("127.0.0.3", "127.0.0.2", "127.0.0.1");
        await pool.AskAsync();

        third.Denoiser.Answered.ShouldBe(1);
        _first.Denoiser.Release();
        _second.Denoiser.Release();
        await underWay;
        (_first.Denoiser.Answered + _second.Denoiser.Answered).ShouldBe(17);
    }

    [Fact]
    public async Task PredictAsync_NoReplicaIsKnownYet_WaitsForTheFirst()
    {
        await using var pool = await PoolUnderTest.StartAsync(_port);
        var waiting = pool.AskAsync(callers: 2, rows: 1);
        await pool.ResolveToAsync("127.0.0.1");
        await waiting;
        _first.Denoiser.Answered.ShouldBe(2);
    }

    [Fact]
    public async Task PredictAsync_NameNeverResolves_FailsAfterThePatienceNamingIt()
    {
        await using var pool = await PoolUnderTest.StartAsync(_port);
        var waiting = pool.AskAsync();
        pool.Time.Advance(TimeSpan.FromMinutes(10));
        var failure = await Should.ThrowAsync<DenoiserException>(waiting);
        failure.Message.ShouldContain($"{PoolUnderTest.Host} does not resolve");
        failure.Message.ShouldContain("00:10:00");
    }

    [Fact]
    public async Task PredictAsync_ReplicaLeaves_AnswersWhatIsUnderWayAndGetsNoMore()
    {
        await using var pool = await PoolUnderTest.StartAsync(_port, "127.0.0.1", "127.0.0.2");
        _first.Denoiser.Hold();
        _second.Denoiser.Hold();
        var underWay = pool.AskAsync(callers: 2, rows: 1);

        await pool.ResolveToAsync("127.0.0.2");
        _second.Denoiser.Release();
        await pool.AskAsync(callers: 8, rows: 5);

        _second.Denoiser.Answered.ShouldBe(41);
        _first.StreamEnded.IsCompleted.ShouldBeFalse();
        _first.Denoiser.Release();
        await underWay;
        _first.Denoiser.Answered.ShouldBe(1);
        _second.Denoiser.Answered.ShouldBe(41);
        // With its last row the stream is closed, and the replica may stop.
        await _first.StreamEnded.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task PredictAsync_ReplicaIsKilled_TheOthersAnswerItsRows()
    {
        await using var pool = await PoolUnderTest.StartAsync(_port, "127.0.0.1", "127.0.0.2");
        _first.Denoiser.Hold();
        _second.Denoiser.Hold();
        var underWay = pool.AskAsync(callers: 8, rows: 5);

        await _first.KillAsync();
        _second.Denoiser.Release();
        await underWay;

        _second.Denoiser.Answered.ShouldBe(40);
    }

    [Fact]
    public async Task PredictAsync_ReplicaHangs_IsGivenUpUntilItIsBack()
    {
        var third = new IPEndPoint(IPAddress.Parse("127.0.0.3"), _port);
        using var relay = new StallingRelay(third, new IPEndPoint(IPAddress.Loopback, _port));
        await using var pool = await PoolUnderTest.StartAsync(Impatient, "127.0.0.2", "127.0.0.3");
        await pool.AskAsync(callers: 2, rows: 1);
        _first.Denoiser.Answered.ShouldBe(1);

        relay.Stall();
        var began = TimeProvider.System.GetTimestamp();
        await pool.AskAsync(callers: 8, rows: 5);
        var given = TimeProvider.System.GetElapsedTime(began);
        TestContext.Current.TestOutputHelper!.WriteLine($"A hung Denoiser's rows were answered after {given.TotalSeconds:0.0} s.");
        given.ShouldBeLessThan(Impatient.DenoiserSilence + TimeSpan.FromSeconds(2));

        // However long ago that was: it lets itself be connected to, but shows no life.
        pool.Time.Advance(TimeSpan.FromMinutes(1));
        await pool.AskAsync(callers: 8, rows: 5).WaitAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        _second.Denoiser.Answered.ShouldBe(81);
        _first.Denoiser.Answered.ShouldBe(1);

        relay.Resume();
        while (_first.Denoiser.Answered == 1)
        {
            pool.Time.Advance(TimeSpan.FromSeconds(0.1));
            await pool.AskAsync();
        }
    }

    [Fact]
    public async Task PredictAsync_ReplicaTakesNoConnections_IsGivenUp()
    {
        var third = new IPEndPoint(IPAddress.Parse("127.0.0.3"), _port);
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(third);
        listener.Listen(backlog: 0);
        // One connection that is not accepted fills the queue: from now on nobody answers there, as where a machine was switched off.
        using var filler = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(third, TestContext.Current.CancellationToken);
        await using var pool = await PoolUnderTest.StartAsync(Impatient, "127.0.0.2", "127.0.0.3");

        var began = TimeProvider.System.GetTimestamp();
        await pool.AskAsync(callers: 8, rows: 5);

        // Half of the silence is for the connection.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Impatient.DenoiserSilence);
        _second.Denoiser.Answered.ShouldBe(40);
    }

    private OrchestratorOptions Impatient => new()
    {
        Denoisers = [new Uri($"http://{PoolUnderTest.Host}:{_port}")],
        DenoiserSilence = TimeSpan.FromSeconds(4),
    };

    private static MeterListener Listen(PoolUnderTest pool, ConcurrentDictionary<string, long> rowsOf)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Scope == pool.Meters && instrument.Name == "ddpm.orchestrator.denoiser.rows")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, rows, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == "network.peer.address")
                    rowsOf.AddOrUpdate((string)value!, rows, (_, sum) => sum + rows);
            }
        });
        listener.Start();
        return listener;
    }
}
