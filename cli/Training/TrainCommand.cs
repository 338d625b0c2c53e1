using System.CommandLine;
using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Training;

/// <summary><c>ddpm train</c>: runs a recipe and says which version it published.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandFactory commands)
    {
        var recipe = new Argument<string?>("RECIPE") { Description = "Recipe, a JSON file; docs/recipes.md describes it.", Arity = ArgumentArity.ZeroOrOne };
        var data = new Option<string?>("--on") { Description = "Without a recipe: train on this data set by the recipe that `ddpm recipe suggest` gives.", HelpName = "DATA-SET" };
        var train = commands.OnServer("train", "Trains a model by a recipe and publishes a version of it.", async (parse, run) =>
        {
            var json = (parse.GetValue(recipe), parse.GetValue(data)) switch
            {
                ({ } path, null) => await ReadAsync(path, run.Cancelled),
                (null, { } dataSet) => await RecipeCommand.SuggestAsync(run, dataSet, model: ""),
                _ => throw new CommandException(ExitCodes.Usage, "Either a RECIPE or --on DATA-SET is needed."),
            };
            var started = await run.Server.Trainer.Trainer.StartRunAsync(
                new StartRunRequest { RequestId = Guid.NewGuid().ToString("N"), RecipeJson = json },
                cancellationToken: run.Surroundings.Interrupts.Leave);
            var ended = await RunWatch.ToEndAsync(run, started.Run, stopOnInterrupt: true);
            run.Results.Write(() => Results.ToJson(ended), console => RunsCommand.DescribePublication(console.Profile.Out.Writer, ended));
            return ExitCodes.Success;
        });
        train.Arguments.Add(recipe);
        train.Options.Add(data);
        return train;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException(ExitCodes.NotFound, $"There is no recipe {Path.GetFullPath(path)}.");
        }
    }
}
