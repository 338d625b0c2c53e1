using System.Text.Json.Nodes;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Training;
using Json.Schema;

namespace Ddpm.Trainer.Recipes;

public sealed class RecipeSchemaTests
{
    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List };

    [Fact]
    public void Schema_OfRecipesThatAreRight_FindsNothingWrong()
    {
        foreach (var recipe in new[] { TinyData.Recipe, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "models/fashion-mnist/recipe.json")), Suggested(classes: 3) })
            Evaluate(recipe).IsValid.ShouldBeTrue(string.Join('\n', Evaluate(recipe).Details.Where(detail => detail.HasErrors).Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}")));
    }

    [Theory]
    [InlineData("\"steps\": 6, ", "")]
    [InlineData("\"steps\": 6", "\"steps\": \"six\"")]
    [InlineData("\"seed\": 3", "\"sead\": 3")]
    [InlineData("\"seed\": 3", "\"optimizer\": \"sgd\"")]
    [InlineData("\"norm_num_groups\": 4", "\"norm_groups\": 4")]
    [InlineData("\"sample_size\": 8, ", "")]
    [InlineData("\"model\": { \"name\": \"stripes\"", "\"model\": { \"label\": \"stripes\"")]
    public void Schema_OfARecipeThatIsWrong_SaysSo(string what, string instead)
    {
        TinyData.Recipe.ShouldContain(what);

        Evaluate(TinyData.Recipe.Replace(what, instead)).IsValid.ShouldBeFalse();
    }

    [Fact]
    public void Schema_EveryField_IsDescribed()
    {
        var schema = JsonNode.Parse(RecipeSchema.Json)!;
        foreach (var (section, node) in schema["properties"]!.AsObject().Where(property => property.Value!["properties"] is not null))
        {
            foreach (var (field, rules) in node!["properties"]!.AsObject())
                rules!["description"]?.GetValue<string>().ShouldNotBeNullOrWhiteSpace($"{section}.{field}");
        }
        schema["properties"]!["training"]!["properties"]!["optimizer"]!["enum"]!.AsArray().Select(value => value!.GetValue<string>()).ShouldBe(["adam", "adamw"]);
    }

    [Fact]
    public void Parse_RecipeThatNamesItsSchema_TakesNoNoticeOfIt() =>
        Recipe.Parse(TinyData.Recipe.Replace("\"model\":", "\"$schema\": \"recipe.schema.json\", \"model\":")).Model.Name.ShouldBe("stripes");

    [Theory]
    [InlineData(0, 64, "64×48", "RGB", 32, 3)]
    [InlineData(2, 10, "28×28", "grey", 28, 1)]
    [InlineData(1, 5000, "31×200", "grey", 28, 1)]
    [InlineData(3, 2, "5×5", "RGBA", 8, 3)]
    public void SuggestedRecipe_OfAnyDataSet_BreaksNoRule(int classes, int images, string size, string channels, int side, int channelCount)
    {
        var recipe = Recipe.Parse(Suggested(classes, images, size, channels));

        TrainingSession.ThrowIfMismatched(recipe, images, classes);
        recipe.ImageShape.ShouldBe(new Ddpm.Imaging.ImageShape(channelCount, side, side));
        recipe.Network.NumClassEmbeds.ShouldBe(classes > 1 ? classes + 1 : null);
        recipe.Model.Name.ShouldBe("pets");
    }

    private static string Suggested(int classes, int images = 100, string size = "32×32", string channels = "RGB") => SuggestedRecipe.For(
        "pets",
        new DataSetReport
        {
            Format = "image files",
            Fingerprint = "",
            Images = images,
            Classes = [.. Enumerable.Range(0, classes).Select(label => new Tally($"class {label}", 1))],
            Sizes = [new Tally(size, images)],
            Channels = [new Tally(channels, images)],
            UnreadableImages = 0,
            Unreadable = [],
        },
        "pets");

    private static EvaluationResults Evaluate(string recipe) => JsonSchema.FromText(RecipeSchema.Json).Evaluate(JsonNode.Parse(recipe), Options);
}
