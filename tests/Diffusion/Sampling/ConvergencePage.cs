using System.Globalization;
using System.Text;
using Ddpm.Cli.Rendering;
using ScottPlot;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary><see cref="ConvergenceStudy"/> as docs/convergence.md and its plot; made again by <c>--filter-class '*ConvergencePage' --explicit only</c>.</summary>
public sealed class ConvergencePage
{
    [Fact(Explicit = true)]
    public async Task Write()
    {
        var curves = new List<ConvergenceStudy.Curve>();
        foreach (var solver in ConvergenceStudy.Solvers)
            curves.Add(await ConvergenceStudy.RunAsync(solver));
        var docs = Path.Combine(Root(), "docs");
        await File.WriteAllTextAsync(Path.Combine(docs, "convergence.md"), Markdown(curves), TestContext.Current.CancellationToken);
        Plot(curves).SaveSvg(Path.Combine(docs, "convergence.svg"), 820, 560);
    }

    private static string Markdown(List<ConvergenceStudy.Curve> curves)
    {
        var intervals = ConvergenceStudy.Intervals;
        var text = new StringBuilder();
        text.AppendLine("""
            # How fast the solvers converge

            Without fresh noise a sampler solves an ordinary differential equation, and its error falls with the size of its steps to the power of its order. Here each
            solver's steps are halved five times, on a mixture of three Gaussians of 4×4 images whose ε is known exactly, so that the network has no part in the error. The
            figures are root mean square distances to the solution, found by Dormand and Prince's method to 10⁻¹¹ between the same two noise levels, over eight
            trajectories; images are of the size of 1. The measured order is that of the last three halvings whose error stays above 10⁻⁹.

            """);
        text.AppendLine(CultureInfo.InvariantCulture, $"| solver | {string.Join(" | ", intervals)} | measured order | paper |");
        text.AppendLine(CultureInfo.InvariantCulture, $"| --- |{string.Concat(intervals.Select(_ => " ---: |"))} ---: | ---: |");
        foreach (var curve in curves)
        {
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {curve.Solver.Title} | {string.Join(" | ", curve.Errors.Select(error => error.ToString("0.0e+0", CultureInfo.InvariantCulture)))} | {curve.Order:0.00} | {curve.Solver.Paper:0} |"));
        }

        text.AppendLine("""

            ![Error by network evaluations](convergence.svg)

            DPM-Solver++ 3M stays below the order of its paper, and would with any network: it begins with a step of order 1, as all multistep methods must, and the error of that,
            of the square of the step, is what is left when those of order 3 have become small. PNDM is of order 2 where its last stride is not to the lowest noise level, as
            here; with `--option spacing=leading` it is, where σ grows as √t, and such a stride is of order 1.5.

            Columns are steps; Heun asks the network twice in each, and the plot counts that. Each is held to its order by `ConvergenceTests`. With a trained network the same
            solvers stop to come closer where the network's own error begins, see [samplers](samplers.md).
            """);
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static Plot Plot(List<ConvergenceStudy.Curve> curves)
    {
        var plot = new Plot();
        foreach (var curve in curves)
        {
            var line = plot.Add.Scatter(
                curve.Evaluations.Select(evaluations => Math.Log10(evaluations)).ToArray(), curve.Errors.Select(error => Math.Log10(error)).ToArray());
            line.LegendText = curve.Solver.Title;
            line.LineWidth = 2;
            line.MarkerSize = 6;
        }

        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. new[] { 10, 20, 50, 100, 200, 500 }.Select(n => new Tick(Math.Log10(n), $"{n}"))]);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. Enumerable.Range(0, 6).Select(n => new Tick(-2 * n, n == 0 ? "1" : $"1e-{2 * n}"))]);
        PlotFont.Use(plot);
        plot.XLabel("network evaluations");
        plot.YLabel("distance to the solution");
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ddpm.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The page belongs to the repository that the tests were built in.");
        return folder.FullName;
    }
}
