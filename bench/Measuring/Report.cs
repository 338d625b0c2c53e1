using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using ScottPlot;
using Spectre.Console;

namespace Ddpm.Bench.Measuring;

/// <summary>What was found, for people and for programs.</summary>
internal sealed class Report
{
    private readonly List<Finding> _findings = [];

    /// <summary>Notes a finding, and says it to whoever waits.</summary>
    public void Add(Finding finding)
    {
        _findings.Add(finding);
        Console.Error.WriteLine($"{finding.Part}: {finding.What}: {Figure(finding)}, {Number(finding.Ratio.Median)} of {Against(finding)}");
    }

    /// <summary>The ratios by their keys, and all lines.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var finding in _findings.Where(finding => finding.Key is not null))
            json[finding.Key!] = Math.Round(finding.Ratio.Median, 4);
        json["machine"] = Machine;
        json["findings"] = new JsonArray([.. _findings.Select(finding => new JsonObject
        {
            ["part"] = finding.Part,
            ["what"] = finding.What,
            ["figure"] = finding.Figure,
            ["detail"] = finding.Detail,
            ["against"] = finding.Against,
            ["againstFigure"] = finding.AgainstFigure,
            ["ratio"] = finding.Ratio.Median,
            ["lowerQuartile"] = finding.Ratio.LowerQuartile,
            ["upperQuartile"] = finding.Ratio.UpperQuartile,
        })]);
        return json;
    }

    public void Write(IAnsiConsole console)
    {
        var table = new Table().AddColumns("", "", "", "ratio", "against").Border(TableBorder.Simple);
        table.Columns[2].RightAligned();
        table.Columns[3].RightAligned();
        foreach (var finding in _findings)
            table.AddRow(finding.Part, Markup.Escape(finding.What), Markup.Escape(Figure(finding)), Ratio(finding), Markup.Escape(Against(finding)));
        console.Write(table);
        console.WriteLine(Machine);
    }

    /// <summary>Writes the table as Markdown, and its plot beside it as SVG.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "bench.md"), Markdown());
        Plot().SaveSvg(Path.Combine(folder, "bench.svg"), 1100, 80 + 24 * _findings.Count);
    }

    private static string Machine =>
        $"{Processor}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    private static string Processor => File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':') + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();

    private string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine("# Benchmark").AppendLine();
        text.AppendLine("Ratios are medians of rounds in which both sides ran in turn, with the quartiles; more is better, 1 is as fast as what it is compared with.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Machine}. Made by `./ddpm bench --out FOLDER`.");
        foreach (var part in _findings.GroupBy(finding => finding.Part))
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {part.Key}").AppendLine();
            text.AppendLine("| | | ratio | against |").AppendLine("| --- | ---: | ---: | --- |");
            foreach (var finding in part)
                text.AppendLine(CultureInfo.InvariantCulture, $"| {finding.What} | {Figure(finding)} | {Ratio(finding)} | {Against(finding)} |");
        }
        text.AppendLine().AppendLine("![All ratios](bench.svg)");
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>The ratios on a logarithmic axis, where twice as fast lies as far from 1 as half as fast.</summary>
    private Plot Plot()
    {
        var plot = new Plot();
        var rows = _findings.Select((finding, place) => (Finding: finding, Y: (double)-place)).ToList();
        var largest = _findings.Max(finding => finding.Ratio.UpperQuartile);
        var smallest = _findings.Min(finding => finding.Ratio.LowerQuartile);
        plot.Add.VerticalLine(0, width: 1.5f, color: Colors.Gray);
        foreach (var (finding, y) in rows)
        {
            var ratio = finding.Ratio;
            var colour = ratio.Median >= 1 ? Colors.SeaGreen : Colors.SteelBlue;
            plot.Add.Line(Math.Log2(ratio.LowerQuartile), y, Math.Log2(ratio.UpperQuartile), y).Color = colour;
            plot.Add.Marker(Math.Log2(ratio.Median), y, MarkerShape.FilledCircle, size: 9, color: colour);
            var label = plot.Add.Text($"{Number(ratio.Median)} of {finding.Against}", Math.Log2(ratio.UpperQuartile), y);
            label.LabelFontName = PlotFont.Name;
            label.LabelFontSize = 11;
            label.LabelFontColor = Colors.DimGray;
            label.LabelBackgroundColor = Colors.White;
            label.OffsetX = 10;
            label.LabelAlignment = Alignment.MiddleLeft;
        }
        foreach (var part in rows.GroupBy(row => row.Finding.Part).Skip(1))
            plot.Add.HorizontalLine(part.First().Y + 0.5, width: 1, color: Colors.LightGray);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. rows.Select(row => row.Y)], [.. rows.Select(row => row.Finding.What)]);
        double[] powers = [.. Enumerable.Range((int)Math.Floor(Math.Log2(smallest)), 12).TakeWhile(power => power <= Math.Log2(largest) + 1).Select(power => (double)power)];
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            powers, [.. powers.Select(power => Math.Pow(2, power).ToString(CultureInfo.InvariantCulture))]);
        plot.Grid.YAxisStyle.IsVisible = false;
        plot.Axes.SetLimitsY(-rows.Count + 0.3, 0.7);
        // To the right of the largest there is room for what it is compared with.
        plot.Axes.SetLimitsX(Math.Log2(smallest) - 0.2, Math.Log2(largest) + 2.2);
        PlotFont.Use(plot);
        plot.XLabel("times as fast as what it is compared with");
        return plot;
    }

    private static string Figure(Finding finding) => finding.Detail is { } detail ? $"{finding.Figure}; {detail}" : finding.Figure;

    private static string Against(Finding finding) => $"{finding.Against}, {finding.AgainstFigure}";

    private static string Ratio(Finding finding) =>
        $"{Number(finding.Ratio.Median)} ({Number(finding.Ratio.LowerQuartile)}–{Number(finding.Ratio.UpperQuartile)})";

    private static string Number(double value) => value.ToString(value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
