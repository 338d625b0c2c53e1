using Ddpm.Web.Charts;

namespace Ddpm.Web.Tests.Charts;

public class SmoothingTests
{
    [Fact]
    public void CentredMean_AStraightLine_StaysAsItIs()
    {
        var line = Enumerable.Range(0, 30).Select(x => new ChartPoint(x, 3 * x - 7)).ToList();

        var smoothed = Smoothing.CentredMean(line, 4);

        smoothed.Select(point => point.X).ShouldBe(line.Select(point => point.X));
        foreach (var (expected, point) in line.Zip(smoothed).SkipLast(4))
            point.Y.ShouldBe(expected.Y, 1e-9);
    }

    [Fact]
    public void CentredMean_OnePeak_IsSpreadOverItsNeighbours()
    {
        var peak = Enumerable.Range(0, 9).Select(x => new ChartPoint(x, x == 4 ? 1 : 0)).ToList();

        Smoothing.CentredMean(peak, 1).Select(point => Math.Round(point.Y, 9)).ShouldBe([0, 0, 0, 0.333333333, 0.333333333, 0.333333333, 0, 0, 0]);
    }

    [Fact]
    public void CentredMean_AtTheEnds_TakesWhatIsThere() =>
        Smoothing.CentredMean([new(0, 6), new(1, 2), new(2, 4), new(3, 9)], 2).Select(point => point.Y).ShouldBe([6, 4, 5.25, 5]);

    [Fact]
    public void CentredMean_NoPoints_IsNone() => Smoothing.CentredMean([], 3).ShouldBeEmpty();
}
