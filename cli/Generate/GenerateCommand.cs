using System.CommandLine;
using System.Security.Cryptography;
using Ddpm.Cli.Jobs;
using Ddpm.V1;

namespace Ddpm.Cli.Generate;

/// <summary><c>ddpm generate</c>: submits a job, shows its progress, and writes its images.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandFactory commands)
    {
        var model = new Option<string>("--model") { Description = "Model.", HelpName = "NAME", DefaultValueFactory = _ => "fashion-mnist" };
        var version = new Option<string>("--version") { Description = "Version id or alias.", HelpName = "VERSION", DefaultValueFactory = _ => "latest" };
        var sampler = new Option<string>("--sampler") { Description = "Sampler; `ddpm samplers` lists them.", HelpName = "NAME", DefaultValueFactory = _ => "ddim" };
        var steps = new Option<int?>("--steps") { Description = "Steps of the sampler. Default: the sampler's.", HelpName = "N" };
        var count = new Option<int>("--count") { Description = "Images, 1 to 64.", HelpName = "N", DefaultValueFactory = _ => 4 };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of the noise: the same seed makes the same images. Default: drawn and shown.", HelpName = "N" };
        var classes = new Option<string[]>("--class")
        {
            Description = "Class by name or index; several are dealt out to the images in turn; `all` is every class. Default: no class.",
            HelpName = "CLASS",
        };
        var guidance = new Option<float?>("--guidance") { Description = "Scale of classifier-free guidance, 0 to 30; 1 is none. Needs --class.", HelpName = "W" };
        var options = new Option<string[]>("--option")
        {
            Description = "A sampler's own option; repeatable. `--eta 0.5` is short for `--option eta=0.5`.",
            HelpName = "NAME=VALUE",
        };
        var edits = new EditOptions();
        var bulk = new Option<bool>("--bulk") { Description = "Let the steps of all jobs that are not bulk go first." };
        var output = new Option<string?>("--out") { Description = "Folder for 000.png … and grid.png; made when missing. Default: the job's id.", HelpName = "DIR" };

        var command = commands.OnServer("generate", "Generates images.", async (parse, run) =>
        {
            using var namedFolder = parse.GetValue(output) is { } path ? ImageFolder.Open(path) : null;
            var chosen = await SamplerChoice.ResolveAsync(run, parse.GetValue(sampler)!);
            var spec = new JobSpec
            {
                Model = parse.GetValue(model)!,
                Version = parse.GetValue(version)!,
                Sampler = parse.GetValue(sampler)!,
                SamplerOptions = chosen.ReadOptions(parse.GetValue(options) ?? [], parse.UnmatchedTokens),
                Steps = parse.GetValue(steps) ?? chosen.DefaultSteps,
                Seed = parse.GetValue(seed) ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
                Count = parse.GetValue(count),
                Classes = await ClassChoice.ResolveAsync(run, parse.GetValue(model)!, parse.GetValue(version)!, parse.GetValue(classes) ?? []),
            };
            if (parse.GetValue(guidance) is { } scale)
                spec.GuidanceScale = scale;
            await edits.ApplyAsync(parse, run, spec);

            // An interrupt does not break the submission off: it could not be known whether the job exists.
            var submitted = await run.Server.Client.Orchestrator.SubmitJobAsync(
                new SubmitJobRequest
                {
                    RequestId = Guid.NewGuid().ToString("N"),
                    Spec = spec,
                    Priority = parse.GetValue(bulk) ? Priority.Bulk : Priority.Interactive,
                },
                cancellationToken: run.Surroundings.Interrupts.Leave);
            var job = await JobWatch.ToEndAsync(run, submitted.Job, cancelOnInterrupt: true);

            using var ownFolder = namedFolder is null ? ImageFolder.Open(job.Id) : null;
            var folder = namedFolder ?? ownFolder!;
            folder.Report(run.Results, job, await folder.SaveAsync(run, job));
            return ExitCodes.Success;
        });
        // What is left over is read as the sampler's own options, and refused when the sampler has none of that name.
        command.TreatUnmatchedTokensAsErrors = false;
        foreach (var option in (Option[])[model, version, sampler, steps, count, seed, classes, guidance, .. edits.All, options, bulk, output])
            command.Options.Add(option);
        return command;
    }
}
