namespace Ddpm.Web.Training;

/// <summary>One value of a recipe that has a field of its own in the form.</summary>
/// <param name="Path">Where it is in the recipe, and what the server calls it: <c>training.steps</c>.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Kind">What it is.</param>
public sealed record RecipeField(string Path, string Title, RecipeFieldKind Kind)
{
    public static readonly RecipeField ModelName = new("model.name", "Model", RecipeFieldKind.Text);
    public static readonly RecipeField Steps = new("training.steps", "Steps", RecipeFieldKind.Number);
    public static readonly RecipeField BatchSize = new("training.batch_size", "Batch size", RecipeFieldKind.Number);
    public static readonly RecipeField LearningRate = new("training.learning_rate", "Learning rate", RecipeFieldKind.Number);
    public static readonly RecipeField WarmUp = new("training.learning_rate_warmup_steps", "Warm-up", RecipeFieldKind.Number);
    public static readonly RecipeField Seed = new("training.seed", "Seed", RecipeFieldKind.Number);
    public static readonly RecipeField PredictionType = new("schedule.prediction_type", "The network predicts", RecipeFieldKind.Text);
    public static readonly RecipeField LossWeighting = new("training.loss_weighting", "Loss weighting", RecipeFieldKind.Text);
    public static readonly RecipeField ClassDropout = new("training.class_dropout", "Class dropout", RecipeFieldKind.Number);
    public static readonly RecipeField HorizontalFlip = new("data.horizontal_flip", "Mirror half of the images", RecipeFieldKind.Flag);

    /// <summary>All of them, in the order of the form.</summary>
    public static readonly IReadOnlyList<RecipeField> All =
        [ModelName, Steps, BatchSize, LearningRate, WarmUp, Seed, ClassDropout, PredictionType, LossWeighting, HorizontalFlip];

    /// <summary>Its name in the page's marks for tests: <c>recipe-training-steps</c>.</summary>
    public string TestId => $"recipe-{Path.Replace('.', '-').Replace('_', '-')}";
}
