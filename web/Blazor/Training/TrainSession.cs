using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Training;

/// <summary>One visit to the Train page: the data sets, the recipe, and the run that is started with it.</summary>
/// <remarks>All members are used from one synchronisation context; <see cref="Changed"/> comes from it too.</remarks>
public sealed class TrainSession : IDisposable
{
    private readonly ClusterClients _cluster;
    private readonly CancellationTokenSource _leaving = new();
    private (string Recipe, string RequestId)? _unanswered;
    private int _suggested;

    public TrainSession(ClusterClients cluster)
    {
        _cluster = cluster;
        Shelf = new DataSetShelf(cluster);
        Shelf.Changed += Notice;
    }

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    public DataSetShelf Shelf { get; }

    public RecipeDraft Draft { get; } = new();

    /// <summary>Whether there is a recipe to change.</summary>
    public bool HasDraft => Draft.Text.Length > 0;

    /// <summary>Why there is no recipe for the chosen data set; null when all is well.</summary>
    public Trouble? DraftTrouble { get; private set; }

    public bool IsStarting { get; private set; }

    /// <summary>Why the last start failed, when no field explains it.</summary>
    public Trouble? StartTrouble { get; private set; }

    /// <summary>Images of which the recipe's steps are so many passes; null while that is not known.</summary>
    public double? Passes =>
        Shelf.Chosen is { ImageCount: > 0 } dataSet && Draft.Number(RecipeField.Steps.Path) is { } steps && Draft.Number(RecipeField.BatchSize.Path) is { } batch && steps * batch > 0
            ? steps * batch * (Draft.Number("training.gradient_accumulation_steps") ?? 1) / dataSet.ImageCount
            : null;

    /// <summary>Lists the data sets, and begins with one of them or with the recipe of an earlier run.</summary>
    /// <param name="dataSet">Chosen at once; null or unknown: the first that holds images.</param>
    /// <param name="runId">Its recipe is taken as it is; null: none.</param>
    public Task LoadAsync(string? dataSet, string? runId) => WhileHereAsync(async leaving =>
    {
        if (runId is not null)
            await TakeRecipeOfAsync(runId, leaving);
        var listing = Shelf.LoadAsync(leaving);
        if (Draft.ReadSource() is { } source)
            await Shelf.ChooseAsync(source, leaving);
        await listing;
        if (Shelf.ChosenName.Length == 0 && Shelf.DataSets is { Count: > 0 } known)
            await ChooseAsync((known.FirstOrDefault(one => one.Name == dataSet) ?? known.FirstOrDefault(one => one.ImageCount > 0) ?? known[0]).Name);
    });

    /// <summary>Lists the data sets again, and looks at one of them.</summary>
    public Task ShowAsync(DataSet added) => WhileHereAsync(leaving => Task.WhenAll(Shelf.LoadAsync(leaving), ChooseAsync(added.Name)));

    /// <summary>Looks at a data set and takes the recipe that suits it.</summary>
    public Task ChooseAsync(string dataSet) =>
        WhileHereAsync(leaving => Task.WhenAll(Shelf.ChooseAsync(dataSet, leaving), SuggestAsync(dataSet, leaving)));

    /// <summary>Shows only images of a class; null: of all.</summary>
    public Task FilterAsync(string? className) => WhileHereAsync(leaving => Shelf.FilterAsync(className, leaving));

    /// <summary>Removes the chosen data set and looks at another.</summary>
    /// <returns>Why it could not be removed; null when it is gone.</returns>
    public async Task<Trouble?> DeleteDataSetAsync()
    {
        Trouble? trouble = null;
        await WhileHereAsync(async leaving =>
        {
            trouble = await Shelf.DeleteAsync(leaving);
            if (trouble is null && Shelf.DataSets?.FirstOrDefault(one => one.ImageCount > 0) is { } other)
                await ChooseAsync(other.Name);
            else if (trouble is null)
                Draft.Take("");
        });
        return trouble;
    }

    /// <summary>Takes the recipe's text as it was typed, and looks at the data set that it names.</summary>
    public async Task TakeTextAsync(string text)
    {
        Draft.Take(text);
        if (Draft.ReadSource() is { } source && source != Shelf.ChosenName && Shelf.DataSets?.Any(one => one.Name == source) == true)
            await WhileHereAsync(leaving => Shelf.ChooseAsync(source, leaving));
    }

    /// <summary>Starts a run of the recipe.</summary>
    /// <returns>The run; null when it was not accepted, for reasons that draft and <see cref="StartTrouble"/> show.</returns>
    public async Task<Run?> StartAsync()
    {
        StartTrouble = null;
        if (IsStarting || !Draft.Check())
            return null;
        IsStarting = true;
        Notice();
        try
        {
            // The same again after no answer must not make a second run.
            var requestId = _unanswered is { } before && before.Recipe == Draft.Text ? before.RequestId : $"{Guid.NewGuid()}";
            _unanswered = (Draft.Text, requestId);
            var answer = await _cluster.Trainer.StartRunAsync(
                new StartRunRequest { RequestId = requestId, RecipeJson = Draft.Text }, _cluster.Reading(_leaving.Token));
            _unanswered = null;
            return answer.Run;
        }
        catch (RpcException e) when (!_leaving.IsCancellationRequested)
        {
            if (!Draft.TakeViolations(e))
                StartTrouble = Trouble.From(e, "Trainer");
            return null;
        }
        catch (Exception e) when (_leaving.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            IsStarting = false;
            Notice();
        }
    }

    public void Dispose()
    {
        Shelf.Changed -= Notice;
        _leaving.Cancel();
        _leaving.Dispose();
    }

    private async Task SuggestAsync(string dataSet, CancellationToken leaving)
    {
        var suggested = ++_suggested;
        DraftTrouble = null;
        Draft.Take("");
        Notice();
        try
        {
            var answer = await _cluster.Trainer.SuggestRecipeAsync(new SuggestRecipeRequest { DataSet = dataSet }, _cluster.Reading(leaving));
            if (suggested == _suggested)
                Draft.Take(answer.RecipeJson);
        }
        catch (RpcException e) when (!leaving.IsCancellationRequested)
        {
            if (suggested == _suggested)
                DraftTrouble = Trouble.From(e, "Trainer");
        }
        Notice();
    }

    private async Task TakeRecipeOfAsync(string runId, CancellationToken leaving)
    {
        try
        {
            var answer = await _cluster.Trainer.GetRunAsync(new GetRunRequest { RunId = runId }, _cluster.Unary(leaving));
            Draft.Take(answer.Run.RecipeJson);
        }
        catch (RpcException) when (!leaving.IsCancellationRequested)
        {
            // Without that run the page begins as always; a Trainer that does not answer, the list of data sets tells of.
        }
    }

    private async Task WhileHereAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_leaving.Token);
        }
        catch (Exception e) when (_leaving.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            // Left.
        }
    }

    private void Notice() => Changed?.Invoke();
}
