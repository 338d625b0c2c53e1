using Ddpm.Web.Charts;

namespace Ddpm.Web.Tests.Charts;

public class ChartAxisTests
{
    [Theory]
    [InlineData(new[] { 3.0, 870.0 }, 5, new[] { "0", "200", "400", "600", "800" })]
    [InlineData(new[] { 0.04, 1.0 }, 4, new[] { "0", "0.5", "1.0" })]
    [InlineData(new[] { 0.0008 }, 4, new[] { "0", "2e-4", "4e-4", "6e-4", "8e-4" })]
    [InlineData(new[] { 5_000_000.0 }, 2, new[] { "0", "5e6" })]
    [InlineData(new[] { 12_000.0 }, 3, new[] { "0", "5\u202f000", "10\u202f000" })]
    [InlineData(new double[0], 2, new[] { "0", "0.5", "1.0" })]
    public void Linear_Values_HasRoundTicksFromZero(double[] values, int ticks, string[] labels)
    {
        var axis = ChartAxis.Linear(values, ticks);

        axis.Ticks.Select(axis.Label).ShouldBe(labels);
        axis.Minimum.ShouldBe(0);
        axis.Maximum.ShouldBe(values.DefaultIfEmpty(1).Max());
    }

    [Theory]
    [InlineData(0.012, 1.1, new[] { "0.02", "0.05", "0.1", "0.2", "0.5", "1" })]
    [InlineData(0.031, 0.038, new[] { "0.03", "0.035" })]
    [InlineData(1e-5, 1, new[] { "1e-5", "1e-4", "0.001", "0.01", "0.1", "1" })]
    public void Logarithmic_Values_HasRoundTicksBetweenThem(double least, double greatest, string[] labels)
    {
        var axis = ChartAxis.Logarithmic([greatest, least]);

        axis.Ticks.Select(axis.Label).ShouldBe(labels);
        axis.Minimum.ShouldBeLessThan(least);
        axis.Maximum.ShouldBeGreaterThan(greatest);
    }

    [Fact]
    public void Logarithmic_GeometricMean_LiesInTheMiddle()
    {
        var axis = ChartAxis.Logarithmic([0.01, 1]);

        axis.Place(0.1).ShouldBe(0.5, 1e-12);
        (axis.Place(0.01) + axis.Place(1)).ShouldBe(1, 1e-12);
        axis.Takes(0).ShouldBeFalse();
    }

    [Fact]
    public void Logarithmic_OneValue_LiesInTheMiddle() => ChartAxis.Logarithmic([0.3]).Place(0.3).ShouldBe(0.5, 1e-12);

    [Fact]
    public void Logarithmic_TwentyDecades_HasFewTicks() => ChartAxis.Logarithmic([1e-10, 1e10]).Ticks.Count.ShouldBeLessThan(9);

    [Fact]
    public void Linear_NegativeValues_BeginsAtTheLeast()
    {
        var axis = ChartAxis.Linear([-1, 3], 4);

        axis.Ticks.ShouldBe([-1, 0, 1, 2, 3]);
        axis.Place(1).ShouldBe(0.5);
    }
}
