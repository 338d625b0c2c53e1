using Ddpm.Cli.Rendering;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Cli.Evaluation;

/// <summary>What samples are measured against.</summary>
/// <param name="DataSet">The real images.</param>
/// <param name="ReferenceCount">How many of them; 0: the Trainer's default.</param>
/// <param name="Features">Whose features; empty: those that suit.</param>
/// <param name="KeepJobs">Whether the jobs that made the samples stay.</param>
internal sealed record Reference(string DataSet, int ReferenceCount, string Features, bool KeepJobs);

/// <summary>Makes samples and has the Trainer measure them.</summary>
internal static class SampleMeasuring
{
    public static async Task<Measurement> MeasureAsync(CommandRun run, SampleRequest request, Reference reference, ProgressView view)
    {
        try
        {
            var jobs = await SampleMaking.MakeAsync(run, request, view);
            var measurement = await MeasureAsync(run, jobs, reference, view);
            if (!reference.KeepJobs)
                await SampleMaking.DeleteAsync(run, jobs);
            return measurement;
        }
        catch (Exception e) when (run.Cancelled.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw new CommandException(ExitCodes.Cancelled, "Left the evaluation; the same command goes on where it was.");
        }
    }

    private static async Task<Measurement> MeasureAsync(CommandRun run, IReadOnlyList<string> jobs, Reference reference, ProgressView view)
    {
        using var call = run.Server.Trainer.Evaluation.EvaluateJobs(
            new EvaluateJobsRequest { JobIds = { jobs }, DataSet = reference.DataSet, ReferenceCount = reference.ReferenceCount, Features = reference.Features },
            cancellationToken: run.Cancelled);
        while (await call.ResponseStream.MoveNext(run.Cancelled))
        {
            var answer = call.ResponseStream.Current;
            if (answer.OutcomeCase == EvaluateJobsResponse.OutcomeOneofCase.Measurement)
                return answer.Measurement;
            view.Report(new ProgressFigures(answer.Progress.Done, answer.Progress.Total, "measuring", null, "sample"));
        }
        throw new CommandException(ExitCodes.Failure, "The Trainer ended the evaluation without an answer.");
    }
}
