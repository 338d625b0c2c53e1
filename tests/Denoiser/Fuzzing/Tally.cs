using System.Collections.Concurrent;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Counts what became of the requests, and keeps the first that went wrong.</summary>
internal sealed class Tally(int seed)
{
    private const int Kept = 20;

    private readonly ConcurrentDictionary<(string Rpc, string Outcome), long> _outcomes = new();
    private readonly ConcurrentQueue<string> _failures = new();

    private long _askedAgain;

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Requests that have an outcome.</summary>
    public long Total => _outcomes.Values.Sum();

    /// <summary>A valid request was refused by a full queue, or ended with a stream that another one ended; its outcome is yet to come.</summary>
    public void AskedAgain() => Interlocked.Increment(ref _askedAgain);

    public void Count(FuzzedRpc rpc, string outcome) => _outcomes.AddOrUpdate((rpc.Name, outcome), 1, (_, count) => count + 1);

    public void Fail(FuzzedRpc rpc, FuzzCase request, string why)
    {
        Count(rpc, Outcomes.Wrong);
        if (_failures.Count < Kept)
        {
            _failures.Enqueue(
                $"DDPM_FUZZ_SEED={seed} DDPM_FUZZ_INDEX={request.Index}: {rpc.Name}, {request.Framing}, {request.Manner}, {request.What}: {why}");
        }
    }

    public override string ToString() => string.Join('\n', _outcomes
        .OrderBy(counted => counted.Key)
        .Select(counted => $"{counted.Key.Rpc,-20} {counted.Key.Outcome,-28} {counted.Value,9}")
        .Append($"{Total} in all; {_askedAgain} times a valid request was asked again"));
}
