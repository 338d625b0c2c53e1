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
        Console.Error.WriteLine($"{finding.Part}: {finding.What}: {finding.Figure}{(finding.Ratio is { } ratio ? $", {Number(ratio.Median)} of {finding.Against}" : "")}");
    }

    /// <summary>The ratios by their keys, and all lines.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var finding in _findings.Where(finding => finding.Key is not null))
            json[finding.Key!] = Math.Round(finding.Ratio!.Value.Median, 4);
        json["machine"] = Machine;
        json["findings"] = new JsonArray([.. _findings.Select(finding => new JsonObject
        {
            ["part"] = finding.Part,
            ["what"] = finding.What,
            ["figure"] = finding.Figure,
            ["against"] = finding.Against.Length == 0 ? null : finding.Against,
            ["ratio"] = finding.Ratio?.Median,
            ["lowerQuartile"] = finding.Ratio?.LowerQuartile,
            ["upperQuartile"] = finding.Ratio?.UpperQuartile,
        })]);
        return json;
    }

    public void Write(IAnsiConsole console)
    {
        var table = new Table().AddColumns("", "", "", "ratio", "against").Border(TableBorder.Simple);
        table.Columns[2].RightAligned();
        table.Columns[3].RightAligned();
        foreach (var finding in _findings)
            table.AddRow(finding.Part, Markup.Escape(finding.What), Markup.Escape(finding.Figure), Ratio(finding), Markup.Escape(finding.Against));
        console.Write(table);
        console.WriteLine(Machine);
    }

    /// <summary>Writes the table as Markdown, and its plot beside it as SVG.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "bench.md"), Markdown());
        Plot().SaveSvg(Path.Combine(folder, "bench.svg"), 1400, 90 + 26 * _findings.Count(finding => finding.Ratio is not null));
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
                text.AppendLine(CultureInfo.InvariantCulture, $"| {finding.What} | {finding.Figure} | {Ratio(finding)} | {finding.Against} |");
        }
        text.AppendLine().AppendLine("![All ratios](bench.svg)");
        return text.ToString().ReplaceLineEndings("\n");
    }

    private Plot Plot()
    {
        var plot = new Plot();
        var shown = _findings.Where(finding => finding.Ratio is not null).Reverse().ToList();
        foreach (var (place, finding) in shown.Index())
        {
            var ratio = finding.Ratio!.Value;
            var colour = ratio.Median >= 1 ? Colors.SeaGreen : Colors.SteelBlue;
            plot.Add.Line(ratio.LowerQuartile, place, ratio.UpperQuartile, place).Color = colour;
            var point = plot.Add.Marker(ratio.Median, place, size: 9, color: colour);
            var label = plot.Add.Text(Number(ratio.Median), ratio.UpperQuartile, place);
            label.LabelFontSize = 11;
            label.OffsetX = 8;
            label.LabelAlignment = Alignment.MiddleLeft;
            point.MarkerShape = MarkerShape.FilledCircle;
        }
        plot.Add.VerticalLine(1, color: Colors.Gray, pattern: LinePattern.Dashed);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. shown.Select((_, place) => (double)place)], [.. shown.Select(finding => $"{finding.What}, against {finding.Against}")]);
        plot.Axes.SetLimitsY(-0.7, shown.Count - 0.3);
        plot.Axes.SetLimitsX(0, 1.15 * shown.Select(finding => finding.Ratio!.Value.UpperQuartile).DefaultIfEmpty(1).Max());
        PlotFont.Use(plot);
        plot.XLabel("ratio, more is better");
        return plot;
    }

    private static string Ratio(Finding finding) =>
        finding.Ratio is { } ratio ? $"{Number(ratio.Median)} ({Number(ratio.LowerQuartile)}–{Number(ratio.UpperQuartile)})" : "";

    private static string Number(double value) => value.ToString(value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
