using Ddpm.V1;

namespace Ddpm.Cli.Tests;

public sealed class EvalCommandTests
{
    [Fact]
    public async Task Eval_OfSeventySamplesOfThreeClasses_DealsThemOutOverTwoJobsAndDeletesThose()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var first = await ddpm.RunAsync("eval", "fashion-mnist", "--against", "garments", "--count", "70", "--steps", "3", "--seed", "5");
        var second = await ddpm.RunAsync("eval", "fashion-mnist", "--against", "garments", "--count", "70", "--steps", "3", "--seed", "5");

        first.ExitCode.ShouldBe(ExitCodes.Success, first.Error);
        first.Output.ShouldContain("12.50 to 10000 real images; 6.00 between two sets of 1000 real ones (fake)");
        var jobs = ddpm.Server.Orchestrator.Submitted;
        jobs.Take(2).Select(job => (job.Spec.Count, job.Spec.Seed)).ShouldBe([(63, 5UL), (7, 6UL)], ignoreOrder: true);
        jobs.ShouldAllBe(job => job.Spec.Classes.Labels.Count == 3);
        // The same samples are the same jobs.
        jobs.Skip(2).Select(job => job.RequestId).ShouldBe(jobs.Take(2).Select(job => job.RequestId), ignoreOrder: true);
        ddpm.Server.Evaluation.Evaluated[0].JobIds.Count.ShouldBe(2);
        ddpm.Server.Evaluation.Evaluated[0].DataSet.ShouldBe("garments");
        ddpm.Server.Orchestrator.Deleted.Count.ShouldBe(4);
        second.ExitCode.ShouldBe(ExitCodes.Success, second.Error);
    }

    [Fact]
    public async Task Eval_OfImagesThatNothingCompares_IsRefusedBeforeAnyIsMade()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        ddpm.Server.Evaluation.FeaturesMissing = "No features are known for images of 3×16×16.";

        var refused = await ddpm.RunAsync("eval", "fashion-mnist", "--against", "garments", "--count", "4");

        refused.ExitCode.ShouldBe(ExitCodes.Failure);
        refused.Error.ShouldContain("No features are known for images of 3×16×16.");
        ddpm.Server.Orchestrator.Submitted.ShouldBeEmpty();
    }

    [Fact]
    public async Task Eval_WithoutADataSet_TakesTheOneOfTheTraining()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var refused = await ddpm.RunAsync("eval", "fashion-mnist", "--count", "4");
        ddpm.Server.Models.Latest.Training = new TrainingRecord { DataSet = "coats" };
        var taken = await ddpm.RunAsync("eval", "fashion-mnist", "--count", "4", "--steps", "1");

        refused.ExitCode.ShouldBe(ExitCodes.Usage);
        refused.Error.ShouldContain("--against is needed");
        taken.ExitCode.ShouldBe(ExitCodes.Success, taken.Error);
        ddpm.Server.Evaluation.Evaluated.ShouldHaveSingleItem().DataSet.ShouldBe("coats");
    }

    /// <summary>All cells but one are known: only that one is measured.</summary>
    [Fact]
    public async Task Table_OfAVersionThatWasMeasuredBefore_MeasuresWhatIsMissingAndWritesMarkdownAndPlot()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        string[] samplers = ["ddim eta=0", "ddim eta=0.5", "ddim eta=1", "ddpm variance=fixed_large", "vp-sde end_time=0.001"];
        foreach (var (row, sampler) in samplers.Index())
        {
            foreach (var steps in new[] { 10, 20, 50, 100, 1000 }.Where(steps => (row, steps) != (0, 10) && (steps < 1000 || row == 3)))
                ddpm.Server.Models.Latest.Measurements.Add(Cell(sampler.Split(' '), steps, distance: 100 * (row + 1) + steps));
        }

        var outcome = await ddpm.RunAsync("eval", "fashion-mnist", "--against", "garments", "--table", ddpm.PathOf("docs/table.md"), "--count", "70");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        ddpm.Server.Evaluation.Evaluated.ShouldHaveSingleItem();
        var table = await File.ReadAllTextAsync(ddpm.PathOf("docs/table.md"), TestContext.Current.CancellationToken);
        table.ShouldContain("| sampler | 10 | 20 | 50 | 100 | 1000 |");
        table.ShouldContain("| DDIM, η = 0 | 12.5 | 120.0 | 150.0 | 200.0 |  |");
        table.ShouldContain("| DDPM, large variance | 410.0 | 420.0 | 450.0 | 500.0 | 1400.0 |");
        table.ShouldContain("(table.svg)");
        var plot = System.Xml.Linq.XDocument.Parse(await File.ReadAllTextAsync(ddpm.PathOf("docs/table.svg"), TestContext.Current.CancellationToken));
        var texts = plot.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim()).ToList();
        texts.ShouldContain("DDPM, large variance");
        texts.ShouldContain("network evaluations an image");
    }

    private static Measurement Cell(string[] sampler, int steps, double distance) => new()
    {
        DataSet = "garments",
        Samples = new SampleMeasurement
        {
            Sampler = sampler[0],
            SamplerOptions = { sampler[1] },
            Steps = steps,
            Count = 70,
            GuidanceScale = 1,
            FrechetDistance = distance,
            HalvesDistance = 6,
            HalfCount = 1000,
            ReferenceCount = 10000,
            Features = "fake",
        },
    };
}
