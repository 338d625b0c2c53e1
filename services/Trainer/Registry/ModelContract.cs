using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Trainer.Registry;

/// <summary>The store's models as the contract has them.</summary>
internal static class ModelContract
{
    private static readonly JsonParser Json = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public static Model ToModel(StoredModel stored)
    {
        var model = new Model { Name = stored.Name, Versions = { stored.Versions.Select(ToVersion) } };
        foreach (var (alias, version) in stored.Aliases)
            model.Aliases.Add(alias, version);
        model.AliasMoves.AddRange(stored.AliasMoves.Select(move =>
            new V1.AliasMove { Alias = move.Alias, Version = move.Version, Time = Timestamp.FromDateTimeOffset(move.Time) }));
        return model;
    }

    public static ModelVersion ToVersion(StoredVersion stored) => new()
    {
        Model = stored.Model,
        Version = stored.Version,
        CreatedAt = Timestamp.FromDateTimeOffset(stored.CreatedAt),
        SampleShape = { stored.Description.SampleShape },
        PredictionType = stored.Description.Target switch
        {
            PredictionTarget.Epsilon => PredictionType.Epsilon,
            PredictionTarget.V => PredictionType.V,
            _ => PredictionType.Sample,
        },
        Schedule = new NoiseSchedule
        {
            BetaSchedule = stored.Description.BetaSchedule switch
            {
                BetaScheduleName.Linear => BetaSchedule.Linear,
                BetaScheduleName.ScaledLinear => BetaSchedule.ScaledLinear,
                BetaScheduleName.Cosine => BetaSchedule.Cosine,
                _ => BetaSchedule.Sigmoid,
            },
            Timesteps = stored.Description.Timesteps,
            BetaStart = stored.Description.BetaStart,
            BetaEnd = stored.Description.BetaEnd,
        },
        ClassLabels = { stored.Description.ClassLabels },
        SupportsGuidance = stored.Description.SupportsGuidance,
        PredictsVariance = stored.Description.PredictsVariance,
        ParameterCount = stored.Description.ParameterCount,
        SizeBytes = stored.SizeBytes,
        Card = stored.Card,
        RunId = stored.RunId ?? "",
        Training = ToTraining(stored),
        Measurements = { stored.Measurements.Select(Measurement.Parser.ParseFrom) },
    };

    /// <summary>Null for a version that was not trained here, or whose record cannot be read: it comes with the files, which anyone may have made.</summary>
    private static TrainingRecord? ToTraining(StoredVersion stored)
    {
        if (stored.Training.Length == 0)
            return null;
        try
        {
            var training = Json.Parse<TrainingRecord>(stored.Training);
            training.RecipeJson = stored.Recipe;
            return training;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return null;
        }
    }
}
