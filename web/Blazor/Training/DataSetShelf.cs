using System.Globalization;
using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Training;

/// <summary>The data sets that there are, the one that is looked at, and some of its images.</summary>
/// <remarks>All members are used from one synchronisation context; <see cref="Changed"/> comes from it too.</remarks>
public sealed class DataSetShelf(ClusterClients cluster)
{
    /// <summary>Images on the card of a data set.</summary>
    public const int PicturesOnCard = 6;

    private const int PicturesOnWall = 72;
    private const int LargestSide = 96;
    private const int SmallestSide = 8;

    private readonly Dictionary<string, (string Fingerprint, IReadOnlyList<DataSetPicture> Pictures)> _onCards = [];
    private int _chosen;
    private int _walled;

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    /// <summary>By name; null before the first answer.</summary>
    public IReadOnlyList<DataSet>? DataSets { get; private set; }

    /// <summary>Why the list could not be read; null when all is well.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Name of the data set that is looked at; empty: none.</summary>
    public string ChosenName { get; private set; } = "";

    /// <summary>The data set that is looked at, inspected; null while there is none or it is being inspected.</summary>
    public DataSet? Chosen { get; private set; }

    /// <summary>Only images of this class are shown; null: of all.</summary>
    public string? ClassName { get; private set; }

    /// <summary>Images of the chosen data set; null while they are fetched.</summary>
    public IReadOnlyList<DataSetPicture>? Wall { get; private set; }

    /// <summary>Why the chosen data set cannot be shown; null when all is well.</summary>
    public Trouble? ChosenTrouble { get; private set; }

    /// <summary>The few images on a data set's card; empty while they are not known.</summary>
    public IReadOnlyList<DataSetPicture> PicturesOf(DataSet dataSet) =>
        _onCards.TryGetValue(dataSet.Name, out var known) && known.Fingerprint == dataSet.Fingerprint ? known.Pictures : [];

    /// <summary>Lists the data sets, then fetches a few images of each that is inspected.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await cluster.DataSets.ListDataSetsAsync(new ListDataSetsRequest(), cluster.Unary(cancellationToken));
            (DataSets, Trouble) = (answer.DataSets, null);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            Trouble = Trouble.From(e, "Trainer");
            return;
        }
        finally
        {
            Changed?.Invoke();
        }
        foreach (var dataSet in DataSets)
            await FillCardAsync(dataSet, cancellationToken);
    }

    /// <summary>Looks at a data set, which is inspected first when its files have changed.</summary>
    public async Task ChooseAsync(string name, CancellationToken cancellationToken)
    {
        var chosen = ++_chosen;
        (ChosenName, Chosen, ClassName, Wall, ChosenTrouble) = (name, null, null, null, null);
        Changed?.Invoke();
        try
        {
            var answer = await cluster.DataSets.GetDataSetAsync(new GetDataSetRequest { Name = name }, cluster.Reading(cancellationToken));
            if (chosen != _chosen)
                return;
            Chosen = answer.DataSet;
            DataSets = [.. (DataSets ?? []).Select(known => known.Name == name ? answer.DataSet : known)];
            Changed?.Invoke();
            await HangAsync(cancellationToken);
            await FillCardAsync(answer.DataSet, cancellationToken);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (chosen == _chosen)
                ChosenTrouble = Trouble.From(e, "Trainer");
            Changed?.Invoke();
        }
    }

    /// <summary>Shows only images of a class; null: of all.</summary>
    public async Task FilterAsync(string? className, CancellationToken cancellationToken)
    {
        ClassName = className;
        await HangAsync(cancellationToken);
    }

    /// <summary>Removes the chosen data set.</summary>
    /// <returns>Why it could not be removed; null when it is gone.</returns>
    public async Task<Trouble?> DeleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await cluster.DataSets.DeleteDataSetAsync(new DeleteDataSetRequest { Name = ChosenName }, cluster.Unary(cancellationToken));
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.NotFound && !cancellationToken.IsCancellationRequested)
        {
            return Trouble.From(e, "Trainer");
        }
        _chosen++;
        (ChosenName, Chosen, Wall) = ("", null, null);
        await LoadAsync(cancellationToken);
        return null;
    }

    private async Task HangAsync(CancellationToken cancellationToken)
    {
        var walled = ++_walled;
        (Wall, ChosenTrouble) = (null, null);
        Changed?.Invoke();
        var request = new PreviewDataSetRequest { Name = ChosenName, Count = PicturesOnWall, Side = SideOf(Chosen!) };
        if (ClassName is not null)
            request.ClassName = ClassName;
        try
        {
            var answer = await cluster.DataSets.PreviewDataSetAsync(request, cluster.Reading(cancellationToken));
            if (walled == _walled)
                Wall = [.. answer.Images.Select(DataSetPicture.Of)];
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (walled == _walled)
                ChosenTrouble = Trouble.From(e, "Trainer");
        }
        Changed?.Invoke();
    }

    private async Task FillCardAsync(DataSet dataSet, CancellationToken cancellationToken)
    {
        if (dataSet.ImageCount == 0 || PicturesOf(dataSet).Count > 0)
            return;
        try
        {
            var request = new PreviewDataSetRequest { Name = dataSet.Name, Count = PicturesOnCard, Side = SideOf(dataSet) };
            var answer = await cluster.DataSets.PreviewDataSetAsync(request, cluster.Reading(cancellationToken));
            _onCards[dataSet.Name] = (dataSet.Fingerprint, [.. answer.Images.Select(DataSetPicture.Of)]);
            Changed?.Invoke();
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            // A card without pictures is a card; what is wrong, choosing it says.
        }
    }

    // Small images are shown pixel by pixel, as training sees them.
    private static int SideOf(DataSet dataSet) => dataSet.Sizes is [var most, ..] && most.Name.Split('×') is [var width, var height]
        && int.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture, out var w)
        && int.TryParse(height, NumberStyles.None, CultureInfo.InvariantCulture, out var h)
        ? Math.Clamp(Math.Max(w, h), SmallestSide, LargestSide)
        : LargestSide;
}
