using System.Diagnostics;

namespace Ddpm.Bench.Measuring;

/// <summary>One way of doing something.</summary>
/// <param name="Name">For people.</param>
/// <param name="RunAsync">Does it once.</param>
internal sealed record Contestant(string Name, Func<Task> RunAsync);

/// <summary>
/// Measures ways of doing the same in alternation, so that whatever else the machine does meets all of them alike: what counts are ratios within a round,
/// not times.
/// </summary>
/// <param name="rounds">Rounds that are measured.</param>
internal sealed class Contest(int rounds)
{
    private const int WarmUps = 2;

    /// <summary>What one contestant's worker threads still spin for must not be taken from the next.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    /// <summary>Runs all of them in every round, the order reversed from round to round.</summary>
    /// <returns>Seconds of each contestant in each round.</returns>
    public async Task<double[][]> RunAsync(params Contestant[] contestants)
    {
        var seconds = contestants.Select(_ => new double[rounds]).ToArray();
        for (var round = -WarmUps; round < rounds; round++)
        {
            for (var turn = 0; turn < contestants.Length; turn++)
            {
                var place = round % 2 == 0 ? turn : contestants.Length - 1 - turn;
                await Task.Delay(Pause);
                var began = Stopwatch.GetTimestamp();
                await contestants[place].RunAsync();
                if (round >= 0)
                    seconds[place][round] = Stopwatch.GetElapsedTime(began).TotalSeconds;
            }
        }
        return seconds;
    }
}
