using Ddpm.Diffusion;
using Ddpm.Orchestrator.Editing;
using Ddpm.Orchestrator.Sampling;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using NoiseSchedule = Ddpm.Diffusion.NoiseSchedule;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>Turns what a client asks for into what can be run, or says everything that is wrong with it.</summary>
internal sealed class JobPlanner(IModelStore models, IOptions<OrchestratorOptions> options)
{
    private const float MaximumGuidance = 30;
    private const int MaximumLabels = 4096;

    // Where the fields of a job's specification are.
    private const string Spec = "spec.";

    /// <param name="asked">What is asked for, with its pictures named by their hashes.</param>
    /// <param name="inputs">Its pictures by hash.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT with every field that breaks a rule; NOT_FOUND for the model.</exception>
    public async Task<JobPlan> PlanAsync(JobSpec asked, IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        var version = await ResolveAsync(asked.Model, asked.Version, Spec, violations, cancellationToken);
        var definition = SamplerCatalog.Find(asked.Sampler);
        if (definition is null)
            violations.Add("spec.sampler", $"must be one of {string.Join(", ", SamplerCatalog.All.Select(s => s.Name))}; is '{asked.Sampler}'");
        if (asked.Count < 1 || asked.Count > options.Value.MaxCount)
            violations.Add("spec.count", $"must be 1 to {options.Value.MaxCount}, is {asked.Count}");
        if (version is null)
            throw violations.ToRpcException();

        var description = version.Description;
        var schedule = ScheduleOf(description);
        if (description.SampleShape[0] is not (1 or 3))
            violations.Add("spec.model", $"must make grey or RGB images; {version.Model} makes {description.SampleShape[0]} channels");
        CheckClasses(asked.Model, asked.Classes, description, Spec, violations);
        CheckGuidance(asked, description, violations);
        EditRules.Check(asked, inputs, description.SampleShape, schedule.Timesteps, violations);
        if (definition is null)
            throw violations.ToRpcException();
        var samplerOptions = definition.Resolve(SamplerContract.Given(asked.SamplerOptions), out var broken);
        if (definition.CheckSteps(schedule, asked.Steps, samplerOptions) is { } steps)
            violations.Add($"spec.{steps.Field}", steps.Rule);
        foreach (var violation in broken)
            violations.Add($"spec.{violation.Field}", violation.Rule);
        if (!description.PredictsVariance && definition.CheckWithoutVariance(samplerOptions) is { } variance)
            violations.Add($"spec.{variance.Field}", variance.Rule);
        violations.ThrowIfAny();

        var spec = asked.Clone();
        spec.Version = version.Version;
        spec.SamplerOptions = SamplerContract.ToContract(samplerOptions);
        var beginnings = new Beginnings(
            spec,
            inputs,
            definition.Create<float>(schedule, asked.Steps, samplerOptions),
            () => definition.CreateInversion<float>(schedule, spec.EncodedImages.Steps == 0 ? spec.Steps : spec.EncodedImages.Steps, samplerOptions),
            description.SampleShape.Aggregate(1, (product, extent) => product * extent));
        return new JobPlan(spec, [.. description.SampleShape], ClassNames(asked, description), beginnings);
    }

    /// <summary>A version that a request names with classes, in fields of its own.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT with every field that breaks a rule; NOT_FOUND for the model.</exception>
    public async Task<(string Version, IReadOnlyList<int> SampleShape, NoiseSchedule Schedule)> ResolveAsync(
        string model, string version, ClassSelection? classes, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        var found = await ResolveAsync(model, version, within: "", violations, cancellationToken) ?? throw violations.ToRpcException();
        CheckClasses(model, classes, found.Description, within: "", violations);
        violations.ThrowIfAny();
        return (found.Version, found.Description.SampleShape, ScheduleOf(found.Description));
    }

    private async Task<StoredVersion?> ResolveAsync(
        string model, string version, string within, Violations violations, CancellationToken cancellationToken)
    {
        if (!ModelName.IsModel(model))
            violations.Add($"{within}model", $"{ModelName.Rule}; is '{model}'");
        if (version.Length > 0 && !ModelName.IsAlias(version) && !ModelName.IsVersion(version))
            violations.Add($"{within}version", $"must be empty, an alias or a version's 64 hexadecimal digits; is '{version}'");
        if (violations.HasAny)
            return null;
        if (await models.ResolveAsync(model, version, cancellationToken) is { } found)
            return found;

        if (await models.FindAsync(model, cancellationToken) is { } known)
            throw RpcErrors.NotFound($"{within}version: model '{model}' has no version or alias '{version}'; its aliases are {Listed(known.Aliases.Keys)}.");
        var all = await models.ListAsync(cancellationToken);
        throw RpcErrors.NotFound($"{within}model: there is no model '{model}'; there is {Listed(all.Select(m => m.Name))}.");
    }

    private static void CheckClasses(string model, ClassSelection? selection, ModelDescription description, string within, Violations violations)
    {
        var labels = selection?.Labels ?? [];
        var classes = description.ClassLabels.Count;
        if (labels.Count > MaximumLabels)
        {
            violations.Add($"{within}classes.labels", $"must be at most {MaximumLabels}, are {labels.Count}");
            return;
        }
        for (var i = 0; i < labels.Count; i++)
        {
            if (classes == 0)
            {
                violations.Add($"{within}classes.labels", $"must be empty: {model} knows no classes");
                return;
            }
            if (labels[i] < 0 || labels[i] >= classes)
                violations.Add($"{within}classes.labels[{i}]", $"must be 0 to {classes - 1}, is {labels[i]}");
        }
        if (labels.Count == 0 && classes > 0 && !description.SupportsGuidance)
            violations.Add($"{within}classes.labels", $"must name a class: {model} was not trained without one");
    }

    private static void CheckGuidance(JobSpec asked, ModelDescription description, Violations violations)
    {
        if (!asked.HasGuidanceScale || asked.GuidanceScale == 1)
            return;
        if (!(asked.GuidanceScale >= 0 && asked.GuidanceScale <= MaximumGuidance))
            violations.Add("spec.guidance_scale", $"must be 0 to {MaximumGuidance}, is {asked.GuidanceScale}");
        else if (!description.SupportsGuidance)
            violations.Add("spec.guidance_scale", $"must be unset or 1: {asked.Model} has no null class to guide away from");
        else if ((asked.Classes?.Labels.Count ?? 0) == 0)
            violations.Add("spec.guidance_scale", "must be unset or 1 without a class: there is nothing to guide towards");
    }

    private static IReadOnlyList<string> ClassNames(JobSpec asked, ModelDescription description) =>
        asked.Classes is { Labels: { Count: > 0 } labels }
            ? [.. Enumerable.Range(0, asked.Count).Select(k => description.ClassLabels[labels[k % labels.Count]])]
            : [];

    private static NoiseSchedule ScheduleOf(ModelDescription description) => new(new NoiseScheduleOptions(
        description.BetaSchedule switch
        {
            BetaScheduleName.Linear => BetaScheduleKind.Linear,
            BetaScheduleName.ScaledLinear => BetaScheduleKind.ScaledLinear,
            BetaScheduleName.Cosine => BetaScheduleKind.Cosine,
            _ => BetaScheduleKind.Sigmoid,
        },
        description.Timesteps,
        description.BetaStart,
        description.BetaEnd));

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "none yet";
}
