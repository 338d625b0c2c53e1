using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using ScottPlot;

namespace Ddpm.Cli.Evaluation;

/// <summary>
/// Samplers by network evaluations, as table 1 of the DDIM paper (Song et al. 2020), as Markdown and a plot. Cells that were measured before are
/// taken from the version's record, so that an interrupted table goes on where it was.
/// </summary>
internal static class SamplerTable
{
    private static readonly int[] FewSteps = [10, 20, 50, 100];

    private static readonly Row[] Rows =
    [
        new("DDIM, η = 0", "ddim", Options("eta", Value.ForNumber(0)), FewSteps),
        new("DDIM, η = 0.5", "ddim", Options("eta", Value.ForNumber(0.5)), FewSteps),
        new("DDIM, η = 1", "ddim", Options("eta", Value.ForNumber(1)), FewSteps),
        new("DDPM, large variance", "ddpm", Options("variance", Value.ForString("fixed_large")), [.. FewSteps, 1000]),
        new("VP-SDE, Euler–Maruyama", "vp-sde", new Struct(), FewSteps),
    ];

    private sealed record Row(string Name, string Sampler, Struct Options, int[] Steps);

    /// <summary>Measures what has not been, and writes the table and its plot.</summary>
    /// <param name="run">The command.</param>
    /// <param name="version">Whose.</param>
    /// <param name="reference">What it is measured against.</param>
    /// <param name="count">Samples of each cell.</param>
    /// <param name="guidance">Scale of guidance in every cell; 1: none.</param>
    /// <param name="seed">Of every cell: all begin with the same noise.</param>
    /// <param name="file">Markdown; the plot goes beside it as SVG.</param>
    public static async Task<int> RunAsync(CommandRun run, ModelVersion version, Reference reference, int count, double guidance, ulong seed, string file)
    {
        var cells = new Dictionary<(Row Row, int Steps), SampleMeasurement>();
        foreach (var row in Rows)
        {
            foreach (var steps in row.Steps)
            {
                var request = new SampleRequest(version, row.Sampler, row.Options, steps, guidance, seed, count);
                cells[(row, steps)] = Known(version, request, reference)
                    ?? (await ProgressView.ShowAsync(run.Surroundings, $"{row.Name}, {steps} steps", view => SampleMeasuring.MeasureAsync(run, request, reference, view))).Samples;
            }
        }
        var plot = Path.ChangeExtension(file, ".svg");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            await File.WriteAllTextAsync(file, Markdown(version, reference, cells, Path.GetFileName(plot)), run.Cancelled);
            Plot(cells).SaveSvg(plot, 760, 460);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Failure, $"The table cannot be written: {e.Message}");
        }
        run.Results.Write(
            () => new JsonObject { ["table"] = file, ["plot"] = plot, ["cells"] = Results.ToJson(cells.Values) },
            console => console.Profile.Out.Writer.WriteLine($"Wrote {file} and {plot}"));
        return ExitCodes.Success;
    }

    /// <summary>The newest figures of the same samples.</summary>
    private static SampleMeasurement? Known(ModelVersion version, SampleRequest request, Reference reference) => version.Measurements
        .Where(measured => measured.DataSet == reference.DataSet)
        .Select(measured => measured.Samples)
        .FirstOrDefault(samples => samples is not null
            && samples.Sampler == request.Sampler
            && samples.Steps == request.Steps
            && samples.Count == request.Count
            && (float)samples.GuidanceScale == (float)request.GuidanceScale
            && (reference.ReferenceCount == 0 || samples.ReferenceCount == reference.ReferenceCount)
            && request.Options.Fields.All(option => samples.SamplerOptions.Contains($"{option.Key}={Text(option.Value)}")));

    private static string Text(Value value) => value.KindCase == Value.KindOneofCase.NumberValue ? value.NumberValue.ToString("R", CultureInfo.InvariantCulture) : value.StringValue;

    private static string Markdown(ModelVersion version, Reference reference, Dictionary<(Row Row, int Steps), SampleMeasurement> cells, string plot)
    {
        var one = cells.Values.First();
        var columns = cells.Keys.Select(cell => cell.Steps).Distinct().Order().ToList();
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# Samplers by network evaluations: {version.Model}");
        text.AppendLine();
        text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"""
            Fréchet distance of {one.Count} samples to {one.ReferenceCount:N0} images of `{reference.DataSet}`, over the features of `{one.Features}`; less is better. Two sets of
            {one.HalfCount:N0} real images are {one.HalvesDistance:0.0} apart; fewer samples lie farther off by chance alone. Guidance {one.GuidanceScale:0.##}, classes in equal parts, every cell from the same noise. Version `{version.Version}`.
            """));
        Table("", cell => cell.FrechetDistance.ToString("0.0", CultureInfo.InvariantCulture));
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"![Fréchet distance by network evaluations]({plot})");
        Table("Precision / recall of the same samples:", cell => string.Create(CultureInfo.InvariantCulture, $"{cell.Precision:0.00} / {cell.Recall:0.00}"));
        if (one.HasClassAccuracy)
            Table("Share of the samples in which the classifier finds the class asked for:", cell => cell.ClassAccuracy.ToString("0.000", CultureInfo.InvariantCulture));
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `ddpm eval {version.Model} --table {Path.GetFileNameWithoutExtension(plot)}.md --count {one.Count} --guidance {one.GuidanceScale:0.##}`.");
        return text.ToString().ReplaceLineEndings("\n");

        void Table(string title, Func<SampleMeasurement, string> figure)
        {
            text.AppendLine();
            if (title.Length > 0)
                text.AppendLine(title).AppendLine();
            text.AppendLine($"| sampler | {string.Join(" | ", columns)} |");
            text.AppendLine($"| --- |{string.Concat(columns.Select(_ => " ---: |"))}");
            foreach (var row in Rows)
                text.AppendLine($"| {row.Name} | {string.Join(" | ", columns.Select(steps => cells.TryGetValue((row, steps), out var cell) ? figure(cell) : ""))} |");
        }
    }

    private static Plot Plot(Dictionary<(Row Row, int Steps), SampleMeasurement> cells)
    {
        var plot = new Plot();
        foreach (var row in Rows)
        {
            var line = plot.Add.Scatter(
                row.Steps.Select(steps => Math.Log10(steps)).ToArray(), row.Steps.Select(steps => Math.Log10(Math.Max(cells[(row, steps)].FrechetDistance, 1e-3))).ToArray());
            line.LegendText = row.Name;
            line.LineWidth = 2;
            line.MarkerSize = 7;
        }
        var floor = plot.Add.HorizontalLine(Math.Log10(cells.Values.Average(cell => cell.HalvesDistance)), pattern: LinePattern.Dashed, color: Colors.Gray);
        floor.LegendText = "two sets of real images";
        plot.Axes.Bottom.TickGenerator = Powers([10, 20, 50, 100, 200, 500, 1000]);
        plot.Axes.Left.TickGenerator = Powers([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]);
        PlotFont.Use(plot);
        plot.XLabel("network evaluations an image");
        plot.YLabel("Fréchet distance");
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static ScottPlot.TickGenerators.NumericManual Powers(int[] values) =>
        new(values.Select(value => Math.Log10(value)).ToArray(), [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))]);

    private static Struct Options(string name, Value value) => new() { Fields = { [name] = value } };
}
