using System.Net;
using System.Net.Sockets;
using Ddpm.Hosting;
using Ddpm.Protocol;
using Ddpm.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Ddpm.Trainer;

/// <summary>A real Trainer on loopback, with the data set of <see cref="TinyData"/>.</summary>
internal sealed class TrainerUnderTest : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TrainerUnderTest(WebApplication app, DdpmClient client) => (_app, Client) = (app, client);

    public DdpmClient Client { get; }

    public static async Task<TrainerUnderTest> StartAsync(string root, params string[] settings)
    {
        var address = FreeAddress();
        TinyData.Write(Path.Combine(root, "local"));
        var builder = WebApplication.CreateBuilder([
            $"--Storage:Root={root}",
            $"--Trainer:DataRoot={Path.Combine(root, "local")}",
            "--Trainer:Threads=1",
            "--Trainer:ProgressInterval=00:00:00.02",
            .. settings,
        ]);
        builder.AddServiceDefaults("test", new ListenOptions { Grpc = address });
        builder.Logging.SetMinimumLevel(LogLevel.Critical);
        builder.AddTrainer();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapTrainer();
        await app.StartAsync();
        return new TrainerUnderTest(app, DdpmClient.Connect(address));
    }

    public async Task<Run> StartRunAsync(string recipe, string requestId = "") =>
        (await Client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = recipe, RequestId = requestId })).Run;

    public async Task<Run> StopRunAsync(string runId) =>
        (await Client.Trainer.StopRunAsync(new StopRunRequest { RunId = runId })).Run;

    public async Task<Run> ResumeRunAsync(string runId) =>
        (await Client.Trainer.ResumeRunAsync(new ResumeRunRequest { RunId = runId })).Run;

    public async Task<Run> PublishRunAsync(string runId) =>
        (await Client.Trainer.PublishRunAsync(new PublishRunRequest { RunId = runId })).Run;

    public async Task DeleteRunAsync(string runId) =>
        await Client.Trainer.DeleteRunAsync(new DeleteRunRequest { RunId = runId });

    public async Task<IList<RunCurvePoint>> GetRunCurveAsync(string runId, int maxPoints, long afterStep = 0) =>
        (await Client.Trainer.GetRunCurveAsync(new GetRunCurveRequest { RunId = runId, MaxPoints = maxPoints, AfterStep = afterStep })).Points;

    public async Task<Run> GetRunAsync(string runId) =>
        (await Client.Trainer.GetRunAsync(new GetRunRequest { RunId = runId })).Run;

    public async Task<ListRunsResponse> ListRunsAsync(int pageSize = 0, string pageToken = "") =>
        await Client.Trainer.ListRunsAsync(new ListRunsRequest { PageSize = pageSize, PageToken = pageToken });

    public async Task<IList<Model>> ListModelsAsync() =>
        (await Client.Models.ListModelsAsync(new ListModelsRequest())).Models;

    public async Task<Model> GetModelAsync(string name) =>
        (await Client.Models.GetModelAsync(new GetModelRequest { Name = name })).Model;

    public async Task<Model> MoveAliasAsync(string model, string alias, string version) =>
        (await Client.Models.MoveAliasAsync(new MoveAliasRequest { Model = model, Alias = alias, Version = version })).Model;

    public async Task<Model> RollBackAsync(string model, string alias) =>
        (await Client.Models.RollBackAliasAsync(new RollBackAliasRequest { Model = model, Alias = alias })).Model;

    public async Task DeleteVersionAsync(string model, string version) =>
        await Client.Models.DeleteVersionAsync(new DeleteVersionRequest { Model = model, Version = version });

    public Task<ModelVersion> ImportAsync(string model, IReadOnlyDictionary<string, byte[]> files) => Client.ImportModelAsync(
        model, files.Select(file => (file.Key, (Func<Stream>)(() => new MemoryStream(file.Value)))), cancellationToken: TestContext.Current.CancellationToken);

    public async Task<SortedDictionary<string, byte[]>> ExportAsync(string model, string version, ExportFormat format = ExportFormat.Folder)
    {
        var files = new Dictionary<string, MemoryStream>();
        await Client.ExportModelAsync(model, version, name => files[name] = new MemoryStream(), format, TestContext.Current.CancellationToken);
        return new(files.ToDictionary(file => file.Key, file => file.Value.ToArray()), StringComparer.Ordinal);
    }

    public async Task<DataSet> GetDataSetAsync(string name) =>
        (await Client.DataSets.GetDataSetAsync(new GetDataSetRequest { Name = name })).DataSet;

    public async Task<IList<DataSet>> ListDataSetsAsync() =>
        (await Client.DataSets.ListDataSetsAsync(new ListDataSetsRequest())).DataSets;

    public async Task<IList<DataSetImage>> PreviewAsync(PreviewDataSetRequest request) =>
        (await Client.DataSets.PreviewDataSetAsync(request)).Images;

    /// <summary>Trains a recipe to its end.</summary>
    public async Task<Run> FinishAsync(string recipe)
    {
        var run = (await EventsAsync((await StartRunAsync(recipe)).Id))[^1].Run;
        run.State.ShouldBe(RunState.Succeeded, run.Error);
        return run;
    }

    /// <summary>Watches a run to its end.</summary>
    public async Task<List<RunEvent>> EventsAsync(string runId, long from = 1)
    {
        var events = new List<RunEvent>();
        await foreach (var happened in Client.WatchRunAsync(runId, from, TestContext.Current.CancellationToken))
            events.Add(happened);
        return events;
    }

    /// <summary>Watches a run until something is so.</summary>
    public async Task<Run> UntilAsync(string runId, Func<Run, bool> condition)
    {
        await foreach (var happened in Client.WatchRunAsync(runId, 1, TestContext.Current.CancellationToken))
            if (condition(happened.Run))
                return happened.Run;
        throw new ShouldAssertException($"Run {runId} ended before the condition held.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }
}
