using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddpm.Cli.Generate;
using Ddpm.Cli.Rendering;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Cli.Likelihood;

/// <summary><c>ddpm likelihood</c>: how likely a version finds images.</summary>
internal static class LikelihoodCommand
{
    public static Command Create(CommandFactory commands)
    {
        var pictures = new Argument<string[]>("PICTURE")
        {
            Description = "Image files, cut and scaled to the model's size, or images of jobs, job:ID/K; 1 to 16.",
            Arity = ArgumentArity.OneOrMore,
        };
        var model = new Option<string>("--model") { Description = "Model.", HelpName = "NAME", DefaultValueFactory = _ => "fashion-mnist" };
        var version = new Option<string>("--version") { Description = "Version id or alias.", HelpName = "VERSION", DefaultValueFactory = _ => "latest" };
        var classes = new Option<string[]>("--class")
        {
            Description = "Class that the pictures are taken for, by name or index; several are dealt out to them in turn. Default: no class.",
            HelpName = "CLASS",
        };
        var probes = new Option<int>("--probes")
        {
            Description = "Random directions by which the divergence is estimated, 1 to 64: the more, the longer and the surer.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Error allowed in each step of the solver, 1e-6 to 0.1.",
            HelpName = "E",
            DefaultValueFactory = _ => 1e-3,
        };
        var seed = new Option<ulong>("--seed") { Description = "Chooses the directions, and the noise between the levels of bytes.", HelpName = "N" };

        var command = commands.OnServer("likelihood", "Finds how likely images are, by the probability-flow ODE.", async (parse, run) =>
        {
            var names = parse.GetValue(pictures)!;
            var source = new PictureSource(run, parse.GetValue(model)!, parse.GetValue(version)!);
            var request = new MeasureLikelihoodRequest
            {
                Model = parse.GetValue(model)!,
                Version = parse.GetValue(version)!,
                Classes = await ClassChoice.ResolveAsync(run, parse.GetValue(model)!, parse.GetValue(version)!, parse.GetValue(classes) ?? []),
                Probes = parse.GetValue(probes),
                Tolerance = parse.GetValue(tolerance),
                Seed = parse.GetValue(seed),
            };
            foreach (var name in names)
                request.Images.Add(await source.ReadAsync("PICTURE", name));

            var found = new List<ImageLikelihood>();
            using var call = run.Server.Client.Orchestrator.MeasureLikelihood(request, cancellationToken: run.Cancelled);
            await foreach (var response in call.ResponseStream.ReadAllAsync(run.Cancelled))
            {
                if (response.Likelihood is { } likelihood)
                    found.Add(likelihood);
                else
                    run.Surroundings.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{names[response.Progress.Image]}: timestep {response.Progress.Timestep:0.#}, {response.Progress.Evaluations} NFE"));
            }
            run.Results.Write(
                () => new JsonObject { ["likelihoods"] = Results.ToJson(found) },
                console =>
                {
                    foreach (var one in found)
                    {
                        console.Profile.Out.Writer.WriteLine(string.Create(
                            CultureInfo.InvariantCulture, $"{names[one.Image]}  {one.BitsPerDimension:0.000} bits/dim  log p {one.LogLikelihood:0.0} nats  {one.Evaluations} NFE"));
                    }
                });
            return ExitCodes.Success;
        });
        command.Arguments.Add(pictures);
        foreach (var option in new Option[] { model, version, classes, probes, tolerance, seed })
            command.Options.Add(option);
        return command;
    }
}
