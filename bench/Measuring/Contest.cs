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
    /// <summary>What one contestant's worker threads still spin for must not be taken from the next.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    /// <summary>A turn is as many repetitions as take about so long: one alone would be measured cold.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs all of them in every round, the order reversed from round to round.</summary>
    /// <returns>Seconds of one run of each contestant in each round.</returns>
    public async Task<double[][]> RunAsync(params Contestant[] contestants)
    {
        var repetitions = new int[contestants.Length];
        for (var place = 0; place < contestants.Length; place++)
        {
            var first = await SecondsAsync(contestants[place], 1);
            // The first run is the slowest; where it takes long, though, how often to repeat is clear already.
            var warm = first > 4 * Turn.TotalSeconds ? first : await SecondsAsync(contestants[place], 1);
            repetitions[place] = (int)Math.Clamp(Turn.TotalSeconds / warm, 1, 1000);
        }
        var seconds = contestants.Select(_ => new double[rounds]).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var turn = 0; turn < contestants.Length; turn++)
            {
                var place = round % 2 == 0 ? turn : contestants.Length - 1 - turn;
                seconds[place][round] = await SecondsAsync(contestants[place], repetitions[place]);
            }
        }
        return seconds;
    }

    private static async Task<double> SecondsAsync(Contestant contestant, int repetitions)
    {
        await Task.Delay(Pause);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < repetitions; i++)
            await contestant.RunAsync();
        return Stopwatch.GetElapsedTime(began).TotalSeconds / repetitions;
    }
}
