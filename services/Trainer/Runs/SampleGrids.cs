using Ddpm.Trainer.Recipes;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Runs;

/// <summary>Has the Orchestrator make images with the versions of a run, by DDIM and always from the same noise. The run does not wait for them.</summary>
internal sealed partial class SampleGrids(OrchestratorConnection orchestrator, TimeProvider time, ILogger<SampleGrids> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Submits the job of one version. What fails is said in the answer, and costs the run nothing.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="recipe">Says how many images, and how they are made.</param>
    /// <param name="version">Of the recipe's model.</param>
    /// <param name="step">Steps of training behind it.</param>
    public RunSamples Submit(string runId, Recipe recipe, string version, long step)
    {
        var samples = new RunSamples { Step = step, Version = version };
        if (orchestrator.Client is not { } client)
        {
            samples.Error = OrchestratorConnection.Missing;
            return samples;
        }
        try
        {
            var request = new SubmitJobRequest { RequestId = $"{runId}-{step}", Spec = Spec(recipe, version), Priority = Priority.Bulk };
            samples.JobId = client.Orchestrator.SubmitJob(request, deadline: (time.GetUtcNow() + Patience).UtcDateTime).Job.Id;
        }
        catch (RpcException e)
        {
            LogNotSubmitted(logger, e, runId, step);
            samples.Error = $"The Orchestrator did not take the job: {e.Status.Detail} ({e.StatusCode})";
        }
        return samples;
    }

    private static JobSpec Spec(Recipe recipe, string version)
    {
        var classes = (recipe.Network.NumClassEmbeds ?? 0) - (recipe.Network.NullClassEmbed is null ? 0 : 1);
        var spec = new JobSpec
        {
            Model = recipe.Model.Name,
            Version = version,
            Sampler = "ddim",
            Steps = recipe.Samples.SamplerSteps(recipe.Schedule.NumTrainTimesteps),
            Seed = (ulong)recipe.Samples.Seed,
            Count = recipe.Samples.Count,
        };
        if (classes > 0)
            spec.Classes = new ClassSelection { Labels = { Enumerable.Range(0, Math.Min(classes, recipe.Samples.Count)) } };
        if (recipe.Samples.GuidanceScale != 1)
            spec.GuidanceScale = (float)recipe.Samples.GuidanceScale;
        return spec;
    }

    [LoggerMessage(1, LogLevel.Warning, "The samples of run {RunId} at step {Step} could not be submitted")]
    private static partial void LogNotSubmitted(ILogger logger, Exception exception, string runId, long step);
}
