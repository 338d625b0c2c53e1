using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

public sealed class RecipeTests
{
    [Fact]
    public void Parse_TheShippedRecipe_BreaksNoRule()
    {
        var recipe = Recipe.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "models/fashion-mnist/recipe.json")));

        recipe.Model.Name.ShouldBe("fashion-mnist");
        recipe.Model.ClassNames.Count.ShouldBe(10);
        recipe.Network.NumClassEmbeds.ShouldBe(11);
        recipe.Network.NullClassEmbed.ShouldBe(10);
        recipe.Data.HorizontalFlip.ShouldBeFalse();
    }

    [Theory]
    [InlineData("\"steps\": 6, ", "", "training", "steps")]
    [InlineData("\"steps\": 6", "\"steps\": \"six\"", "training.steps", "cannot be read")]
    [InlineData("\"steps\": 6", "\"steps\": 0", "training.steps", "1 … 100000000")]
    [InlineData("\"batch_size\": 8", "\"batch_size\": 0", "training.batch_size", "1 … 65536")]
    [InlineData("0.002", "-0.002", "training.learning_rate", "more than 0")]
    [InlineData("\"seed\": 3", "\"seed\": -3", "training.seed", "at least 0")]
    [InlineData("\"seed\": 3", "\"learning_rate_decay\": \"exponential\"", "training.learning_rate_decay", "'constant' or 'cosine'")]
    [InlineData("\"seed\": 3", "\"learning_rate_warmup_steps\": 7", "training.learning_rate_warmup_steps", "0 … steps (6)")]
    [InlineData("\"seed\": 3", "\"gradient_clip_norm\": 0", "training.gradient_clip_norm", "positive number or null")]
    [InlineData("\"class_dropout\": 0.2", "\"class_dropout\": 1", "training.class_dropout", "less than 1")]
    [InlineData("\"ema_decay\": 0.9", "\"ema_decay\": 1", "training.ema_decay", "less than 1")]
    [InlineData("\"null_class_embed\": 2", "\"null_class_embed\": null", "training.class_dropout", "must be 0")]
    [InlineData("\"null_class_embed\": 2", "\"null_class_embed\": 0", "network.null_class_embed", "last row")]
    [InlineData("[\"above\", \"below\"]", "[\"above\"]", "model.class_names", "name the 2 classes")]
    [InlineData("\"beta_schedule\": \"linear\"", "\"beta_schedule\": \"laplace\"", "schedule.beta_schedule", "'linear'")]
    [InlineData("\"beta_schedule\": \"linear\"", "\"variance_type\": \"learned\"", "schedule.variance_type", "'learned_range'")]
    [InlineData("\"beta_schedule\": \"linear\"", "\"variance_type\": \"learned_range\"", "network.out_channels", "twice in_channels, 2")]
    [InlineData("\"beta_schedule\": \"linear\"", "\"variance_type\": \"learned_range\", \"prediction_type\": \"v_prediction\"", "schedule.variance_type", "must not be 'learned_range'")]
    [InlineData("\"out_channels\": 1", "\"out_channels\": 2", "network.out_channels", "as many as in_channels, 1")]
    [InlineData("\"norm_num_groups\": 4", "\"norm_num_groups\": 3", "network.block_out_channels[0]", "divisible by norm_num_groups (3)")]
    [InlineData("\"data\": {", "\"dato\": {", "dato", "is not a field")]
    [InlineData("\"data\": {", "\"image_shape\": 5, \"data\": {", "image_shape", "is not a field; the fields here are data, model, samples, schedule, training")]
    [InlineData("\"sample_size\": 8", "\"sample_size\": 65536", "network.sample_size", "must be 1 … 4096")]
    [InlineData("\"network\": {", "\"netwerk\": {", "network", "must be given")]
    [InlineData("{ \"source\": \"stripes\" }", "{ \"source\": \"stripes\", \"folder\": \"/etc\" }", "data.folder", "is not a field")]
    [InlineData("\"source\": \"stripes\"", "\"source\": null", "data.source", "cannot be read")]
    public void Parse_BrokenRule_NamesFieldAndRule(string what, string instead, string field, string rule)
    {
        TinyData.Recipe.ShouldContain(what);

        var violations = Should.Throw<InvalidConfigException>(() => Recipe.Parse(TinyData.Recipe.Replace(what, instead))).Violations;

        violations.ShouldContain(violation => violation.Field == field && violation.Rule.Contains(rule), string.Join("; ", violations));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{ \"model\": ")]
    public void Parse_NoJsonObject_SaysSo(string json) =>
        Should.Throw<InvalidConfigException>(() => Recipe.Parse(json)).Violations.ShouldHaveSingleItem().Field.ShouldNotBeEmpty();

    [Fact]
    public void Parse_SeveralBrokenRules_NamesThemAll() =>
        Should.Throw<InvalidConfigException>(() => Recipe.Parse(TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 0").Replace("\"seed\": 3", "\"seed\": -1").Replace("stripes\", \"class", "Stripes\", \"class")))
            .Violations.Select(violation => violation.Field).ShouldBe(["model.name", "training.steps", "training.seed"], ignoreOrder: true);
}
