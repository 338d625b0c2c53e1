using System.Reflection;
using Ddpm.Networks;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Evaluation;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;
using Ddpm.V1;
using Google.Protobuf;

namespace Ddpm.Trainer.Runs;

/// <summary>What a run publishes: which weights, and what is known of them.</summary>
/// <param name="Run">The run.</param>
/// <param name="Recipe">Its recipe.</param>
/// <param name="Data">Its data set.</param>
/// <param name="Network">The moving average of its weights.</param>
/// <param name="StepsDone">Steps behind them.</param>
/// <param name="Loss">Recent training loss.</param>
internal sealed record RunWeights(Run Run, Recipe Recipe, DataSetRecord Data, UNet2DModel Network, long StepsDone, double Loss);

/// <summary>Publishes the weights of a run as a version with its model card, and lets the gate decide which aliases name it.</summary>
internal sealed class RunPublication(IModelRegistry models, StableGate gate)
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithIndentation().WithPreserveProtoFieldNames(true));

    /// <summary>Publishes weights in the middle of training: only <c>candidate</c> names them.</summary>
    /// <returns>The version, and its loss on the images kept apart; null when there are none.</returns>
    /// <exception cref="IOException">It could not be written; nothing of it is visible.</exception>
    public (string Version, MeanLoss? Validation) PublishCandidate(RunWeights weights, RunFolder folder, ValidationLoss validation, CancellationToken cancellationToken)
    {
        var losses = Measure(weights, validation, cancellationToken);
        var loss = losses.Count == 0 ? (MeanLoss?)null : MeanLoss.Of(losses);
        return (Write(weights, folder, validation.Count, loss, [ModelName.Candidate]), loss);
    }

    /// <summary>Publishes weights for use.</summary>
    /// <inheritdoc cref="PublishCandidate" path="/exception"/>
    public (Publication Publication, MeanLoss? Validation) Publish(RunWeights weights, RunFolder folder, ValidationLoss validation, CancellationToken cancellationToken)
    {
        var losses = Measure(weights, validation, cancellationToken);
        var decision = gate.Decide(weights.Recipe, losses, validation, cancellationToken);
        string[] aliases = decision?.Passed == true ? [ModelName.Candidate, ModelName.Stable, ModelName.Latest] : [ModelName.Candidate, ModelName.Latest];
        var loss = losses.Count == 0 ? (MeanLoss?)null : MeanLoss.Of(losses);
        var version = Write(weights, folder, validation.Count, loss, aliases);
        return (new Publication { Version = version, Aliases = { aliases }, Gate = decision }, loss);
    }

    private static IReadOnlyList<double> Measure(RunWeights weights, ValidationLoss validation, CancellationToken cancellationToken) =>
        validation.Count == 0 ? [] : validation.Of(NetworkNoise.Of(weights.Network, weights.Recipe.Schedule), cancellationToken);

    private string Write(RunWeights weights, RunFolder folder, int validationImages, MeanLoss? validation, string[] aliases)
    {
        var recipe = weights.Recipe;
        var classNames = ClassNames(recipe, weights.Data.Report);
        var training = Describe(weights, validationImages, validation);
        folder.DeletePublication();
        Checkpoint.Save(
            folder.Publication,
            weights.Network,
            recipe.Schedule,
            new ModelIndex(classNames.Index().ToDictionary(entry => entry.Index, entry => entry.Item)),
            new Dictionary<string, string>
            {
                ["recipe.json"] = weights.Run.RecipeJson,
                ["training.json"] = Json.Format(training) + "\n",
                ["README.md"] = ModelCard.Write(recipe, classNames, weights.Network.ParameterCount, training),
            });
        var version = models.PublishAsync(recipe.Model.Name, folder.Publication, new PublishOptions { RunId = weights.Run.Id, Aliases = aliases }).GetAwaiter().GetResult();
        folder.DeletePublication();
        return version.Version;
    }

    /// <summary>Says nothing of the moment or of the run's id: the same training is the same version.</summary>
    private static TrainingRecord Describe(RunWeights weights, int validationImages, MeanLoss? validation)
    {
        var training = weights.Recipe.Training;
        var record = new TrainingRecord
        {
            DataSet = weights.Data.Name,
            DataFingerprint = weights.Data.Report.Fingerprint,
            TrainingImages = weights.Data.Report.Images - validationImages,
            ValidationImages = validationImages,
            Steps = weights.StepsDone,
            ImagesSeen = weights.StepsDone * training.BatchSize * training.GradientAccumulationSteps,
            Loss = weights.Loss,
            Parent = weights.Run.Parent,
            Commit = Commit(),
        };
        if (validation is { } loss)
            (record.ValidationLoss, record.ValidationLossError) = (loss.Mean, loss.StandardError);
        return record;
    }

    /// <summary>The recipe's names, or else those of the data set, for a network that knows classes.</summary>
    private static IReadOnlyList<string> ClassNames(Recipe recipe, DataSetReport data) => recipe switch
    {
        { Model.ClassNames.Count: > 0 } => recipe.Model.ClassNames,
        { Network.NumClassEmbeds: null } => [],
        _ => [.. data.Classes.Select(tally => tally.Name)],
    };

    /// <summary>What the build wrote behind the version's plus sign.</summary>
    private static string Commit() =>
        typeof(RunPublication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit] ? commit : "";
}
