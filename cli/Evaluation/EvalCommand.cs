using System.CommandLine;
using System.Globalization;
using Ddpm.Cli.Generate;
using Ddpm.Cli.Models;
using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Evaluation;

/// <summary><c>ddpm eval</c>: how good a version is: its samples against real images, its bound, or a table of samplers by steps.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandFactory commands)
    {
        var model = new Argument<string>("MODEL") { Description = "Model, or MODEL@VERSION with a version id, a beginning of one, or an alias." };
        var data = new Option<string?>("--against") { Description = "Data set of the real images. Default: the one that the version was trained on.", HelpName = "NAME" };
        var count = new Option<int?>("--count") { Description = "Samples. Default: 1000; with --bound images, 100.", HelpName = "N" };
        var sampler = new Option<string>("--sampler") { Description = "Sampler.", HelpName = "NAME", DefaultValueFactory = _ => "ddim" };
        var steps = new Option<int?>("--steps") { Description = "Steps of the sampler. Default: the sampler's.", HelpName = "N" };
        var guidance = new Option<double>("--guidance") { Description = "Scale of classifier-free guidance; 1 is none.", HelpName = "W", DefaultValueFactory = _ => 1 };
        var options = new Option<string[]>("--option") { Description = "A sampler's own option; repeatable.", HelpName = "NAME=VALUE" };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the first job's noise; each further job takes the next.", HelpName = "N", DefaultValueFactory = _ => 0 };
        var references = new Option<int>("--references") { Description = "Real images, spread evenly over the data set. Default: 10000, or all.", HelpName = "N" };
        var features = new Option<string>("--features") { Description = "fashion-mnist-classifier (FMD) or inception (FID). Default: the one that suits.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        var bound = new Option<bool>("--bound") { Description = "Measure the variational bound in bits per dimension instead of samples." };
        var every = new Option<int>("--every") { Description = "With --bound: each image takes every N-th term of the sum. Default: 50.", HelpName = "N" };
        var table = new Option<string?>("--table") { Description = "Measure samplers by steps instead, and write FILE, Markdown, with a plot beside it.", HelpName = "FILE" };
        var keep = new Option<bool>("--keep-jobs") { Description = "Keep the jobs that made the samples." };

        var eval = commands.OnServer("eval", "Measures how good a version is.", async (parse, run) =>
        {
            var parts = parse.GetValue(model)!.Split('@', 2);
            var version = await VersionLookup.FindAsync(run, parts[0], parts is [_, var wanted] ? wanted : "latest");
            var dataSet = parse.GetValue(data) ?? version.Training?.DataSet
                ?? throw new CommandException(ExitCodes.Usage, $"--against is needed: version {Format.ShortVersion(version.Version)} does not say what it was trained on.");
            if (parse.GetValue(bound))
                return await BoundAsync(run, version, dataSet, parse.GetValue(count) ?? 0, parse.GetValue(every));

            var samples = parse.GetValue(count) ?? 1000;
            if (samples < 4)
                throw new CommandException(ExitCodes.Usage, $"--count must be at least 4, is {samples}.");
            var reference = new Reference(dataSet, parse.GetValue(references), parse.GetValue(features)!, parse.GetValue(keep));
            // Samples that nothing can compare are not made.
            await run.Server.Trainer.Evaluation.GetFeaturesAsync(
                new GetFeaturesRequest { SampleShape = { version.SampleShape }, DataSet = dataSet, Features = reference.Features }, cancellationToken: run.Cancelled);
            if (parse.GetValue(table) is { } file)
                return await SamplerTable.RunAsync(run, version, reference, samples, parse.GetValue(guidance), parse.GetValue(seed), file);

            var chosen = await SamplerChoice.ResolveAsync(run, parse.GetValue(sampler)!);
            var request = new SampleRequest(
                version, parse.GetValue(sampler)!, chosen.ReadOptions(parse.GetValue(options) ?? [], []), parse.GetValue(steps) ?? chosen.DefaultSteps,
                parse.GetValue(guidance), parse.GetValue(seed), samples);
            var measured = await ProgressView.ShowAsync(run.Surroundings, version.Model, view => SampleMeasuring.MeasureAsync(run, request, reference, view));
            run.Results.Write(() => Results.ToJson(measured), console => Describe(console.Profile.Out.Writer, version, measured));
            return ExitCodes.Success;
        });
        eval.Arguments.Add(model);
        foreach (var option in new Option[] { data, count, sampler, steps, guidance, options, seed, references, features, bound, every, table, keep })
            eval.Options.Add(option);
        return eval;
    }

    private static async Task<int> BoundAsync(CommandRun run, ModelVersion version, string dataSet, int count, int every)
    {
        var measured = await ProgressView.ShowAsync(run.Surroundings, version.Model, async view =>
        {
            using var call = run.Server.Trainer.Evaluation.MeasureBound(
                new MeasureBoundRequest { Model = version.Model, Version = version.Version, DataSet = dataSet, Count = count, Every = every }, cancellationToken: run.Cancelled);
            while (await call.ResponseStream.MoveNext(run.Cancelled))
            {
                var answer = call.ResponseStream.Current;
                if (answer.OutcomeCase == MeasureBoundResponse.OutcomeOneofCase.Measurement)
                    return answer.Measurement;
                view.Report(new ProgressFigures(answer.Progress.Done, answer.Progress.Total, "terms of the bound", null, "part"));
            }
            throw new CommandException(ExitCodes.Failure, "The Trainer ended the evaluation without an answer.");
        });
        run.Results.Write(() => Results.ToJson(measured), console => Describe(console.Profile.Out.Writer, version, measured));
        return ExitCodes.Success;
    }

    private static void Describe(TextWriter writer, ModelVersion version, Measurement measured)
    {
        writer.WriteLine($"{version.Model}@{version.Version}");
        writer.WriteLine($"  against     {measured.DataSet}");
        if (measured.Bound is { } bound)
        {
            Line("bound", $"{bound.BitsPerDimension:0.000} ± {bound.StandardError:0.000} bits per dimension, over {bound.Count} images");
            Line("of it", $"prior {bound.Prior:0.0000}, steps between {bound.Transitions:0.000}, last step {bound.Decoder:0.000}");
        }
        if (measured.Samples is not { } samples)
            return;
        Line("samples", $"{samples.Count} by {samples.Sampler} ({string.Join(", ", samples.SamplerOptions)}), {samples.Steps} steps, guidance {samples.GuidanceScale}");
        Line("Fréchet", $"{samples.FrechetDistance:0.00} to {samples.ReferenceCount} real images; {samples.HalvesDistance:0.00} between two sets of {samples.HalfCount} real ones ({samples.Features})");
        Line("kernel", $"{samples.KernelDistance:0.0000} ± {samples.KernelDistanceError:0.0000}");
        Line("precision", $"{samples.Precision:0.000}, recall {samples.Recall:0.000}");
        if (samples.HasClassAccuracy)
        {
            Line("accuracy", $"{samples.ClassAccuracy:0.000} of the classes asked for");
            foreach (var (label, share) in samples.ClassAccuracies.Index())
                Line("", $"{share:0.00} {version.ClassLabels[label]}");
        }

        void Line(string name, FormattableString text) => writer.WriteLine($"  {name,-11} {text.ToString(CultureInfo.InvariantCulture)}");
    }
}
