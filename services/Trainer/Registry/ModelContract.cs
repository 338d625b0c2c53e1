using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Trainer.Registry;

/// <summary>The store's models as the contract has them.</summary>
internal static class ModelContract
{
    public static Model ToModel(StoredModel stored)
    {
        var model = new Model { Name = stored.Name, Versions = { stored.Versions.Select(ToVersion) } };
        foreach (var (alias, version) in stored.Aliases)
            model.Aliases.Add(alias, version);
        return model;
    }

    private static ModelVersion ToVersion(StoredVersion stored) => new()
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
        ParameterCount = stored.Description.ParameterCount,
        SizeBytes = stored.SizeBytes,
        Card = stored.Card,
        RunId = stored.RunId ?? "",
    };
}
