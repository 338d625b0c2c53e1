using System.Globalization;
using Bunit;
using Ddpm.Web.Charts;
using Ddpm.Web.Components.Charts;

namespace Ddpm.Web.Tests.Charts;

public class LineChartTests : BunitContext
{
    [Fact]
    public void Linear_Points_LieWhereTheirValuesAre()
    {
        var chart = Draw(false, new ChartSeries("loss", "main", [new(0, 0), new(50, 2), new(100, 4)]));

        chart.Find("path").GetAttribute("d").ShouldBe("M0 1000L500 500L1000 0");
    }

    [Fact]
    public void Logarithmic_Points_CanBeReadBackFromTheDrawing()
    {
        var chart = Draw(true, new ChartSeries("loss", "main", [new(0, 1), new(50, 0.1), new(100, 0.02)]));

        // As js/charts.js reads them.
        var domain = chart.Find("[data-chart]").GetAttribute("data-y")!.Split(' ').Select(Number).ToArray();
        var values = chart.Find("path").GetAttribute("d")![1..].Split('L').Select(at => Number(at.Split(' ')[1])).Select(y => domain[0] * Math.Pow(domain[1] / domain[0], 1 - y / 1000)).ToArray();
        values[0].ShouldBe(1, 1e-3);
        values[1].ShouldBe(0.1, 1e-4);
        values[2].ShouldBe(0.02, 1e-5);
        chart.Find("[data-chart]").HasAttribute("data-log").ShouldBeTrue();
    }

    [Fact]
    public void Points_WithoutAPlace_AreLeftOut()
    {
        var chart = Draw(true, new ChartSeries("loss", "main", [new(0, double.NaN), new(1, 0), new(2, 1), new(4, 1)]));

        chart.Find("path").GetAttribute("d").ShouldBe("M500 500L1000 500");
    }

    [Fact]
    public void Dots_AreDrawnOneByOne()
    {
        var chart = Draw(false, new ChartSeries("kept apart", "dots", [new(0, 0), new(100, 4)]));

        chart.Find("path").GetAttribute("d").ShouldBe("M0 1000h0M1000 0h0");
    }

    [Fact]
    public void Drawing_HasANameForThoseWhoDoNotSeeIt() =>
        Draw(false, new ChartSeries("loss", "main", [new(0, 0)])).Find("svg").GetAttribute("aria-label").ShouldBe("In a sentence");

    private IRenderedComponent<LineChart> Draw(bool isLogarithmic, params ChartSeries[] series) => Render<LineChart>(parameters => parameters
        .Add(chart => chart.Title, "Loss")
        .Add(chart => chart.Series, series)
        .Add(chart => chart.IsLogarithmic, isLogarithmic)
        .Add(chart => chart.Summary, "In a sentence"));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
