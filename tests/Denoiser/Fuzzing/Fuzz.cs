using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>
/// Calls every rpc of some services with requests that are functions of a seed and their number, many at once, and judges the answers.
/// </summary>
internal sealed class Fuzz
{
    /// <summary>Requests that follow each other to one rpc; on a stream of their own where it takes streams.</summary>
    private const int SessionLength = 50;

    /// <summary>Sessions at once: more than the workers of the server, so that requests wait, and more than the processors.</summary>
    private const int SessionsAtOnce = 16;

    /// <summary>Time after which a call is taken for one that is never answered; the slowest take a second or two.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WireChannel _channel;
    private readonly int _seed;

    /// <summary>A rpc as often as its weight.</summary>
    private readonly (FuzzedRpc Rpc, CaseGenerator Cases)[] _wheel;

    private Fuzz(WireChannel channel, int seed, IEnumerable<(FuzzedRpc Rpc, CaseGenerator Cases)> rpcs)
    {
        _channel = channel;
        _seed = seed;
        _wheel = [.. rpcs.SelectMany(rpc => Enumerable.Repeat(rpc, rpc.Rpc.Weight))];
        Tally = new Tally(seed);
    }

    public Tally Tally { get; }

    /// <summary>Asks what each valid request is answered with.</summary>
    public static async Task<Fuzz> PrepareAsync(WireChannel channel, IReadOnlyList<FuzzedService> services, int seed)
    {
        var rpcs = new List<(FuzzedRpc, CaseGenerator)>();
        foreach (var service in services)
        {
            var known = ScalarValues.Of(service.Seeds.SelectMany(seeds => seeds).Select(valid => valid.Request));
            foreach (var rpc in service.Rpcs)
            {
                var answers = new List<byte[]?>();
                foreach (var valid in rpc.Seeds)
                    answers.Add(valid.IsConstant ? await AskAsync(channel, rpc, valid.Request) : null);
                rpcs.Add((rpc, new CaseGenerator(rpc, answers, known, seed)));
            }
        }
        return new Fuzz(channel, seed, rpcs);
    }

    /// <summary>Sends the requests from one number to before another.</summary>
    public Task RunAsync(long from, long to)
    {
        var sessions = from < to ? Enumerable.Sequence(from / SessionLength, (to - 1) / SessionLength, 1) : [];
        return Parallel.ForEachAsync(
            sessions,
            new ParallelOptions { MaxDegreeOfParallelism = SessionsAtOnce },
            async (session, _) =>
            {
                var first = Math.Max(from, session * SessionLength);
                var last = Math.Min(to, (session + 1) * SessionLength) - 1;
                await RunSessionAsync(session, Enumerable.Sequence(first, last, 1));
            });
    }

    private async Task RunSessionAsync(long session, IEnumerable<long> indices)
    {
        var random = FuzzRandom.Of(_seed, ~session);
        var (rpc, generator) = _wheel[random.Next(_wheel.Length)];
        var cases = indices.Select(generator.Make);
        if (rpc.TakesStream)
            await new StreamCalls(_channel, rpc, Tally, Patience, isRough: random.Next(4) == 0).RunAsync([.. cases]);
        else
            await new UnaryCalls(_channel, rpc, Tally, Patience).RunAsync(cases);
    }

    private static async Task<byte[]> AskAsync(WireChannel channel, FuzzedRpc rpc, IMessage request)
    {
        using var answer = channel.Send(rpc.Path, Frame.Of(request.ToByteArray(), Framing.Plain), [], TestContext.Current.CancellationToken);
        var message = await answer.NextAsync();
        (await answer.NextAsync()).ShouldBeNull();
        var status = await answer.StatusAsync();
        status.Code.ShouldBe(StatusCode.OK, status.Message);
        if (rpc.Matching is { } matching)
            matching.StatusOf(rpc.Answers.ParseFrom(message)).ShouldBe(StatusCode.OK, request.ToString());
        return message!;
    }
}
