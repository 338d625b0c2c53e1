using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.V1;

namespace Ddpm.Cli.Training;

/// <summary><c>ddpm recipe</c>: recipes to begin with, and their rules.</summary>
internal static class RecipeCommand
{
    public static Command Create(CommandFactory commands)
    {
        var recipe = new Command("recipe", "Suggests a recipe for a data set, and tells the JSON schema of recipes.");
        recipe.Subcommands.Add(Suggest(commands));
        recipe.Subcommands.Add(Schema(commands));
        return recipe;
    }

    /// <summary>A recipe for a data set, JSON.</summary>
    /// <param name="run">The command.</param>
    /// <param name="dataSet">Its name.</param>
    /// <param name="model">Name of the model; empty: that of the data set.</param>
    public static async Task<string> SuggestAsync(CommandRun run, string dataSet, string model) =>
        (await run.Server.Trainer.Trainer.SuggestRecipeAsync(new SuggestRecipeRequest { DataSet = dataSet, Model = model }, cancellationToken: run.Cancelled)).RecipeJson;

    private static Command Suggest(CommandFactory commands)
    {
        var dataSet = new Argument<string>("DATA-SET") { Description = "Data set; `ddpm data list` lists them." };
        var model = new Option<string>("--model") { Description = "Name of the model. Default: that of the data set.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        var suggest = commands.OnServer("suggest", "Writes a recipe that suits a data set to stdout.", async (parse, run) =>
        {
            Write(run, await SuggestAsync(run, parse.GetValue(dataSet)!, parse.GetValue(model)!));
            return ExitCodes.Success;
        });
        suggest.Arguments.Add(dataSet);
        suggest.Options.Add(model);
        return suggest;
    }

    private static Command Schema(CommandFactory commands) => commands.OnServer("schema", "Writes the JSON schema of recipes to stdout, for editors.", async (_, run) =>
    {
        var answer = await run.Server.Trainer.Trainer.GetRecipeSchemaAsync(new GetRecipeSchemaRequest(), cancellationToken: run.Cancelled);
        Write(run, answer.JsonSchema);
        return ExitCodes.Success;
    });

    private static void Write(CommandRun run, string json) =>
        run.Results.Write(() => JsonNode.Parse(json)!, console => console.Profile.Out.Writer.Write(json));
}
