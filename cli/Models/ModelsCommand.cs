using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.V1;
using Spectre.Console;

namespace Ddpm.Cli.Models;

/// <summary><c>ddpm models</c>: what can generate, and which version an alias names.</summary>
internal static class ModelsCommand
{
    public static Command Create(CommandFactory commands)
    {
        var models = new Command("models", "Lists, describes, imports and exports models, and moves their aliases.");
        models.Subcommands.Add(List(commands));
        models.Subcommands.Add(Show(commands));
        models.Subcommands.Add(Alias(commands));
        models.Subcommands.Add(RollBack(commands));
        models.Subcommands.Add(TransferCommands.Import(commands));
        models.Subcommands.Add(TransferCommands.Export(commands));
        models.Subcommands.Add(Delete(commands));
        return models;
    }

    private static Command List(CommandFactory commands) => commands.OnServer("list", "Lists the models.", async (_, run) =>
    {
        var answer = await run.Server.Trainer.Models.ListModelsAsync(new ListModelsRequest(), cancellationToken: run.Cancelled);
        run.Results.Write(
            () => new JsonObject { ["models"] = Results.ToJson(answer.Models) },
            console =>
            {
                var table = new Table().Border(TableBorder.None).AddColumns("MODEL", "LATEST", "IMAGES", "CLASSES", "PARAMETERS", "PUBLISHED");
                foreach (var model in answer.Models)
                {
                    var latest = VersionLookup.Newest(model);
                    table.AddRow(
                        Markup.Escape(model.Name), Format.ShortVersion(latest.Version), Format.Shape(latest.SampleShape),
                        latest.ClassLabels.Count == 0 ? "none" : Format.Count(latest.ClassLabels.Count),
                        Format.Count(latest.ParameterCount), Format.Time(latest.CreatedAt));
                }
                console.Write(table);
            });
        return ExitCodes.Success;
    });

    private static Command Show(CommandFactory commands)
    {
        var name = new Argument<string>("MODEL") { Description = "Model, or MODEL@VERSION with a version id, a beginning of one, or an alias." };
        var show = commands.OnServer("show", "Describes a model and its versions.", async (parse, run) =>
        {
            var parts = parse.GetValue(name)!.Split('@', 2);
            var answer = await run.Server.Trainer.Models.GetModelAsync(new GetModelRequest { Name = parts[0] }, cancellationToken: run.Cancelled);
            var version = parts is [_, var wanted] ? VersionLookup.Find(answer.Model, wanted) : VersionLookup.Newest(answer.Model);
            run.Results.Write(
                () => parts.Length == 2 ? Results.ToJson(version) : Results.ToJson(answer.Model),
                console => Describe(console, answer.Model, version));
            return ExitCodes.Success;
        });
        show.Arguments.Add(name);
        return show;
    }

    private static Command Alias(CommandFactory commands)
    {
        var name = new Argument<string>("MODEL");
        var alias = new Argument<string>("ALIAS") { Description = "For example `stable`; made when there is none of that name." };
        var version = new Argument<string>("VERSION") { Description = "Version id, a beginning of one, or another alias." };
        var move = commands.OnServer("alias", "Moves an alias to a version.", async (parse, run) =>
        {
            var target = await VersionLookup.FindAsync(run, parse.GetValue(name)!, parse.GetValue(version)!);
            var answer = await run.Server.Trainer.Models.MoveAliasAsync(
                new MoveAliasRequest { Model = parse.GetValue(name)!, Alias = parse.GetValue(alias)!, Version = target.Version },
                cancellationToken: run.Cancelled);
            run.Results.Write(
                () => Results.ToJson(answer.Model),
                console => console.Profile.Out.Writer.WriteLine($"{answer.Model.Name}@{parse.GetValue(alias)} is now {target.Version}"));
            return ExitCodes.Success;
        });
        move.Arguments.Add(name);
        move.Arguments.Add(alias);
        move.Arguments.Add(version);
        return move;
    }

    private static Command RollBack(CommandFactory commands)
    {
        var name = new Argument<string>("MODEL");
        var alias = new Argument<string>("ALIAS") { Description = "For example `latest` or `stable`." };
        var rollBack = commands.OnServer("rollback", "Moves an alias back to what it named before its last move.", async (parse, run) =>
        {
            var answer = await run.Server.Trainer.Models.RollBackAliasAsync(
                new RollBackAliasRequest { Model = parse.GetValue(name)!, Alias = parse.GetValue(alias)! }, cancellationToken: run.Cancelled);
            run.Results.Write(
                () => Results.ToJson(answer.Model),
                console => console.Profile.Out.Writer.WriteLine($"{answer.Model.Name}@{parse.GetValue(alias)} is again {answer.Model.Aliases[parse.GetValue(alias)!]}"));
            return ExitCodes.Success;
        });
        rollBack.Arguments.Add(name);
        rollBack.Arguments.Add(alias);
        return rollBack;
    }

    private static Command Delete(CommandFactory commands)
    {
        var name = new Argument<string>("MODEL");
        var version = new Argument<string>("VERSION") { Description = "Version id, or a beginning of one, that no alias names." };
        var delete = commands.OnServer("delete", "Deletes a version that no alias names.", async (parse, run) =>
        {
            var found = await VersionLookup.FindAsync(run, parse.GetValue(name)!, parse.GetValue(version)!);
            await run.Server.Trainer.Models.DeleteVersionAsync(new DeleteVersionRequest { Model = found.Model, Version = found.Version }, cancellationToken: run.Cancelled);
            run.Results.Write(
                () => new JsonObject { ["deleted"] = $"{found.Model}@{found.Version}" },
                console => console.Profile.Out.Writer.WriteLine($"Deleted {found.Model}@{found.Version}"));
            return ExitCodes.Success;
        });
        delete.Arguments.Add(name);
        delete.Arguments.Add(version);
        return delete;
    }

    private static void Describe(IAnsiConsole console, Model model, ModelVersion version)
    {
        var writer = console.Profile.Out.Writer;
        var schedule = version.Schedule;
        writer.WriteLine($"{model.Name}@{version.Version}");
        writer.WriteLine($"  images      {Format.Shape(version.SampleShape)}");
        writer.WriteLine($"  predicts    {version.PredictionType.ToString().ToLowerInvariant()}{(version.PredictsVariance ? " and its variance" : "")}");
        writer.WriteLine($"  schedule    {schedule.BetaSchedule.ToString().ToLowerInvariant()}, {schedule.Timesteps} timesteps");
        writer.WriteLine($"  classes     {(version.ClassLabels.Count == 0 ? "none" : string.Join(", ", version.ClassLabels))}");
        writer.WriteLine($"  guidance    {(version.SupportsGuidance ? "yes" : "no")}");
        writer.WriteLine($"  parameters  {Format.Count(version.ParameterCount)}, {Format.Bytes(version.SizeBytes)}");
        writer.WriteLine($"  published   {Format.Time(version.CreatedAt)}{(version.RunId.Length == 0 ? "" : $" by run {version.RunId}")}");
        writer.WriteLine();
        var table = new Table().Border(TableBorder.None).AddColumns("VERSION", "ALIASES", "PUBLISHED", "SIZE");
        foreach (var each in model.Versions)
        {
            var aliases = model.Aliases.Where(alias => alias.Value == each.Version).Select(alias => alias.Key).Order();
            table.AddRow(each.Version, Markup.Escape(string.Join(", ", aliases)), Format.Time(each.CreatedAt), Format.Bytes(each.SizeBytes));
        }
        console.Write(table);
        if (version.Card.Length > 0)
        {
            writer.WriteLine();
            writer.WriteLine(version.Card.TrimEnd());
        }
    }
}
