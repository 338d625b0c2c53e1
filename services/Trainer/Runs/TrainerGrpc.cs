using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Runs;

/// <summary>The contract of training: validate, call one thing, map the answer.</summary>
internal sealed class TrainerGrpc(
    RunSubmission submission, RunLedger ledger, RunControl control, DataSetLibrary dataSets, IHostApplicationLifetime lifetime, IOptions<StorageOptions> storage) : TrainerService.TrainerServiceBase
{
    private const int DefaultPageSize = 20;
    private const int MaximumPageSize = 100;
    private const int DefaultPoints = 500;
    private const int MaximumPoints = 10_000;

    public override async Task<StartRunResponse> StartRun(StartRunRequest request, ServerCallContext context) =>
        new() { Run = await submission.SubmitAsync(request, context.CancellationToken) };

    public override async Task<GetRunResponse> GetRun(GetRunRequest request, ServerCallContext context) =>
        new() { Run = await FindAsync(request.RunId, context) };

    public override async Task<ListRunsResponse> ListRuns(ListRunsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.PageSize is < 0 or > MaximumPageSize)
            violations.Add("page_size", $"must be 1 to {MaximumPageSize}, or 0 for {DefaultPageSize}; is {request.PageSize}");
        var before = request.PageToken.Length == 0 ? null : PageToken.TryRead(request.PageToken);
        if (before is null && request.PageToken.Length > 0)
            violations.Add("page_token", "must be the next_page_token of an earlier answer");
        violations.ThrowIfAny();

        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var page = await ledger.PageAsync(before, size + 1, context.CancellationToken);
        return new ListRunsResponse
        {
            Runs = { page.Take(size) },
            NextPageToken = page.Count > size ? PageToken.After(page[size - 1].Id) : "",
        };
    }

    public override async Task WatchRun(WatchRunRequest request, IServerStreamWriter<WatchRunResponse> responseStream, ServerCallContext context)
    {
        if (request.FromEvent < 0)
            throw RpcErrors.Invalid("from_event", $"must be at least 1, or 0 for 1; is {request.FromEvent}");
        await FindAsync(request.RunId, context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await foreach (var happened in ledger.WatchAsync(request.RunId, request.FromEvent, ending.Token))
            await responseStream.WriteAsync(new WatchRunResponse { Event = happened }, ending.Token);
    }

    public override async Task<StopRunResponse> StopRun(StopRunRequest request, ServerCallContext context) =>
        new() { Run = await ActAsync(request.RunId, context, run => control.StopAsync(run.Id)) };

    public override async Task<ResumeRunResponse> ResumeRun(ResumeRunRequest request, ServerCallContext context) =>
        new() { Run = await ActAsync(request.RunId, context, run => control.ResumeAsync(run.Id, context.CancellationToken)) };

    public override async Task<PublishRunResponse> PublishRun(PublishRunRequest request, ServerCallContext context) =>
        new() { Run = await ActAsync(request.RunId, context, run => control.PublishAsync(run, context.CancellationToken)) };

    public override async Task<DeleteRunResponse> DeleteRun(DeleteRunRequest request, ServerCallContext context)
    {
        var run = await FindAsync(request.RunId, context);
        await control.DeleteAsync(run.Id, context.CancellationToken);
        return new DeleteRunResponse();
    }

    public override async Task<GetRunCurveResponse> GetRunCurve(GetRunCurveRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.MaxPoints is not (0 or (>= 2 and <= MaximumPoints)))
            violations.Add("max_points", $"must be 2 to {MaximumPoints}, or 0 for {DefaultPoints}; is {request.MaxPoints}");
        if (request.AfterStep < 0)
            violations.Add("after_step", $"must be at least 0, is {request.AfterStep}");
        violations.ThrowIfAny();
        var run = await FindAsync(request.RunId, context);
        var steps = StepRecord.Read(new RunFolder(storage.Value.FullRoot, run.Id).Steps).SkipWhile(step => step.Step <= request.AfterStep).TakeWhile(step => step.Step <= run.StepsDone);
        return new GetRunCurveResponse { Points = { RunCurve.Of(steps, run.StepsDone - request.AfterStep, request.MaxPoints == 0 ? DefaultPoints : request.MaxPoints) } };
    }

    public override Task<SuggestRecipeResponse> SuggestRecipe(SuggestRecipeRequest request, ServerCallContext context)
    {
        var model = request.Model.Length == 0 ? request.DataSet : request.Model;
        if (!ModelName.IsModel(model))
            throw RpcErrors.Invalid("model", $"{ModelName.Rule}; is '{model}'");
        return DataSetGrpc.ReadAsync(() =>
        {
            var data = dataSets.Get(request.DataSet, context.CancellationToken);
            return new SuggestRecipeResponse { RecipeJson = SuggestedRecipe.For(data.Name, data.Report, model) };
        });
    }

    public override Task<GetRecipeSchemaResponse> GetRecipeSchema(GetRecipeSchemaRequest request, ServerCallContext context) =>
        Task.FromResult(new GetRecipeSchemaResponse { JsonSchema = RecipeSchema.Json });

    /// <summary>A run that is deleted at the same moment is one that is not there.</summary>
    private async Task<Run> ActAsync(string runId, ServerCallContext context, Func<Run, Task<Run>> act)
    {
        try
        {
            return await act(await FindAsync(runId, context));
        }
        catch (RunNotFoundException e)
        {
            throw RpcErrors.NotFound(e.Message);
        }
    }

    private async Task<Run> FindAsync(string runId, ServerCallContext context) =>
        await ledger.FindAsync(runId, context.CancellationToken) ?? throw RpcErrors.NotFound($"There is no run '{runId}'.");
}
