using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Ddpm.Cli.Jobs;

/// <summary><c>ddpm jobs</c>: what was asked for, how far it is, and its images.</summary>
internal static class JobsCommand
{
    // The most that one answer holds.
    private const int PageSize = 100;

    public static Command Create(CommandFactory commands)
    {
        var jobs = new Command("jobs", "Lists, shows, watches, cancels and deletes jobs.");
        jobs.Subcommands.Add(List(commands));
        jobs.Subcommands.Add(Show(commands));
        jobs.Subcommands.Add(Watch(commands));
        jobs.Subcommands.Add(Cancel(commands));
        jobs.Subcommands.Add(Delete(commands));
        return jobs;
    }

    private static Command List(CommandFactory commands)
    {
        var states = new Option<JobState[]>("--state")
        {
            Description = "Only these states; repeatable: queued, running, succeeded, failed, cancelled.",
            HelpName = "STATE",
            CustomParser = result => [.. result.Tokens.Select(token => ParseState(token.Value, result.AddError))],
        };
        var model = new Option<string>("--model") { Description = "Only this model.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        var sampler = new Option<string>("--sampler") { Description = "Only this sampler.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        var limit = new Option<int>("--limit") { Description = "At most this many, newest first.", HelpName = "N", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value < 1)
                result.AddError($"--limit is {value} but must be at least 1.");
        });
        var list = commands.OnServer("list", "Lists jobs, newest first.", async (parse, run) =>
        {
            var request = new ListJobsRequest { Model = parse.GetValue(model)!, Sampler = parse.GetValue(sampler)! };
            request.States.AddRange(parse.GetValue(states) ?? []);
            var (found, total) = await ListAsync(run, request, parse.GetValue(limit));
            run.Results.Write(
                () => new JsonObject { ["jobs"] = Results.ToJson(found), ["totalCount"] = total },
                console => Tabulate(console, found));
            return ExitCodes.Success;
        });
        foreach (var option in new Option[] { states, model, sampler, limit })
            list.Options.Add(option);
        return list;
    }

    private static Command Show(CommandFactory commands) => OnJob(commands, "show", "Shows a job.", async (run, id) =>
    {
        var answer = await run.Server.Client.Orchestrator.GetJobAsync(new GetJobRequest { JobId = id }, cancellationToken: run.Cancelled);
        run.Results.Write(() => Results.ToJson(answer.Job), console => Describe(console.Profile.Out.Writer, answer.Job));
        return ExitCodes.Success;
    });

    private static Command Watch(CommandFactory commands)
    {
        var output = new Option<string?>("--out") { Description = "Write the images to this folder when it has finished.", HelpName = "DIR" };
        var watch = OnJob(commands, "watch", "Watches a job until it ends; Ctrl-C stops watching, not the job.", async (parse, run, id) =>
        {
            using var folder = parse.GetValue(output) is { } path ? ImageFolder.Open(path) : null;
            var answer = await run.Server.Client.Orchestrator.GetJobAsync(new GetJobRequest { JobId = id }, cancellationToken: run.Cancelled);
            var job = await JobWatch.ToEndAsync(run, answer.Job, cancelOnInterrupt: false);
            if (folder is not null)
                folder.Report(run.Results, job, await folder.SaveAsync(run, job));
            else
                run.Results.Write(() => Results.ToJson(job), console => Describe(console.Profile.Out.Writer, job));
            return ExitCodes.Success;
        });
        watch.Options.Add(output);
        return watch;
    }

    private static Command Cancel(CommandFactory commands) => OnJob(commands, "cancel", "Cancels a job at its next step.", async (run, id) =>
    {
        var answer = await run.Server.Client.Orchestrator.CancelJobAsync(new CancelJobRequest { JobId = id }, cancellationToken: run.Cancelled);
        run.Results.Write(
            () => Results.ToJson(answer.Job),
            console => console.Profile.Out.Writer.WriteLine($"Job {id}: {Format.State(answer.Job.State)}"));
        return ExitCodes.Success;
    });

    private static Command Delete(CommandFactory commands) => OnJob(commands, "delete", "Deletes a finished job with its images and frames.", async (run, id) =>
    {
        await run.Server.Client.Orchestrator.DeleteJobAsync(new DeleteJobRequest { JobId = id }, cancellationToken: run.Cancelled);
        run.Results.Write(
            () => new JsonObject { ["deleted"] = id },
            console => console.Profile.Out.Writer.WriteLine($"Job {id}: deleted"));
        return ExitCodes.Success;
    });

    private static Command OnJob(CommandFactory commands, string name, string description, Func<CommandRun, string, Task<int>> run) =>
        OnJob(commands, name, description, (_, command, id) => run(command, id));

    private static Command OnJob(
        CommandFactory commands, string name, string description, Func<ParseResult, CommandRun, string, Task<int>> run)
    {
        var id = new Argument<string>("JOB") { Description = "The job's id." };
        var command = commands.OnServer(name, description, (parse, commandRun) => run(parse, commandRun, parse.GetValue(id)!));
        command.Arguments.Add(id);
        return command;
    }

    private static async Task<(IReadOnlyList<Job> Jobs, long Total)> ListAsync(CommandRun run, ListJobsRequest request, int limit)
    {
        var jobs = new List<Job>();
        ListJobsResponse page;
        do
        {
            request.PageSize = Math.Min(PageSize, limit - jobs.Count);
            page = await run.Server.Client.Orchestrator.ListJobsAsync(request, cancellationToken: run.Cancelled);
            jobs.AddRange(page.Jobs);
            request.PageToken = page.NextPageToken;
        }
        while (page.NextPageToken.Length > 0 && jobs.Count < limit);
        return (jobs, page.TotalCount);
    }

    private static JobState ParseState(string text, Action<string> addError)
    {
        if (Enum.TryParse<JobState>(text, ignoreCase: true, out var state) && Enum.IsDefined(state) && state is not JobState.Unspecified)
            return state;
        addError($"--state is '{text}' but must be queued, running, succeeded, failed or cancelled.");
        return JobState.Unspecified;
    }

    private static void Tabulate(IAnsiConsole console, IEnumerable<Job> jobs)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("JOB", "STATE", "MODEL", "SAMPLER", "STEPS", "COUNT", "SEED", "SUBMITTED");
        foreach (var job in jobs)
        {
            table.AddRow(
                job.Id, Format.State(job.State), Markup.Escape(job.Spec.Model), Markup.Escape(job.Spec.Sampler),
                $"{job.StepsDone}/{job.StepsInAll}", $"{job.Spec.Count}", $"{job.Spec.Seed}", Format.Time(job.CreatedAt));
        }
        console.Write(table);
    }

    private static void Describe(TextWriter writer, Job job)
    {
        var spec = job.Spec;
        writer.WriteLine($"job {job.Id}");
        writer.WriteLine($"  state       {Format.State(job.State)}{(job.Error.Length == 0 ? "" : $": {job.Error}")}");
        writer.WriteLine($"  model       {spec.Model}@{spec.Version}");
        writer.WriteLine($"  sampler     {spec.Sampler} {JsonFormatter.Default.Format(spec.SamplerOptions ?? new())}");
        writer.WriteLine($"  steps       {job.StepsDone} of {job.StepsInAll}, {Format.Count(job.Evaluations)} NFE");
        writer.WriteLine($"  images      {spec.Count} of {Format.Shape(job.SampleShape)}");
        writer.WriteLine($"  seed        {spec.Seed}");
        writer.WriteLine($"  classes     {(job.ClassNames.Count == 0 ? "none" : string.Join(", ", job.ClassNames.Distinct()))}");
        writer.WriteLine($"  guidance    {(spec.HasGuidanceScale ? spec.GuidanceScale.ToString(System.Globalization.CultureInfo.InvariantCulture) : "none")}");
        writer.WriteLine($"  engine      {(job.Evaluation is { } evaluation ? $"{evaluation.Engine}, {evaluation.Mode}" : "")}");
        writer.WriteLine($"  submitted   {Format.Time(job.CreatedAt)}");
        writer.WriteLine($"  finished    {Format.Time(job.FinishedAt)}");
    }
}
