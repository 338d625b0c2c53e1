using Ddpm.Imaging;
using Ddpm.Protocol;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Runs;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Data;

/// <summary>The contract of data sets, over the library.</summary>
internal sealed class DataSetGrpc(DataSetLibrary library, DataSetUpload upload, RunLedger ledger) : DataSetService.DataSetServiceBase
{
    private const int DefaultPreviews = 64;
    private const int MaximumPreviews = 256;
    private const int DefaultSide = 64;
    private const int MinimumSide = 8;
    private const int MaximumSide = 256;

    public override Task UploadDataSet(
        IAsyncStreamReader<UploadDataSetRequest> requestStream, IServerStreamWriter<UploadDataSetResponse> responseStream, ServerCallContext context) =>
        upload.ReceiveAsync(requestStream, responseStream, context.CancellationToken);

    public override Task<ListDataSetsResponse> ListDataSets(ListDataSetsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListDataSetsResponse { DataSets = { library.List().Select(DataSetContract.ToDataSet) } });

    public override async Task<GetDataSetResponse> GetDataSet(GetDataSetRequest request, ServerCallContext context) =>
        new() { DataSet = DataSetContract.ToDataSet(await ReadAsync(() => library.Get(request.Name, context.CancellationToken))) };

    public override async Task<PreviewDataSetResponse> PreviewDataSet(PreviewDataSetRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.Count is < 0 or > MaximumPreviews)
            violations.Add("count", $"must be 1 to {MaximumPreviews}, or 0 for {DefaultPreviews}; is {request.Count}");
        if (request.Side is not 0 and (< MinimumSide or > MaximumSide))
            violations.Add("side", $"must be {MinimumSide} to {MaximumSide}, or 0 for {DefaultSide}; is {request.Side}");
        violations.ThrowIfAny();
        var record = await ReadAsync(() => library.Get(request.Name, context.CancellationToken));
        if (request.HasClassName && record.Report.Classes.All(tally => tally.Name != request.ClassName))
            throw RpcErrors.Invalid("class_name", $"must be a class of '{request.Name}', is '{request.ClassName}'");

        var side = request.Side == 0 ? DefaultSide : request.Side;
        var images = await ReadAsync(() => library.Preview(
            request.Name,
            request.HasClassName ? request.ClassName : null,
            request.Count == 0 ? DefaultPreviews : request.Count,
            new ImageShape(3, side, side),
            context.CancellationToken));
        return new PreviewDataSetResponse { Images = { images.Select(image => DataSetContract.ToImage(image, side)) } };
    }

    public override async Task<DeleteDataSetResponse> DeleteDataSet(DeleteDataSetRequest request, ServerCallContext context)
    {
        var users = (await ledger.UnfinishedAsync(context.CancellationToken)).Where(run => Recipe.Parse(run.RecipeJson).Data.Source == request.Name).ToList();
        if (users.Count > 0)
            throw RpcErrors.FailedPrecondition($"Run {users[0].Id} trains on data set '{request.Name}'; stop it first.");
        await ReadAsync(() =>
        {
            library.Delete(request.Name);
            return true;
        });
        return new DeleteDataSetResponse();
    }

    /// <summary>Off the caller's thread, as files are read; the library's failures become the contract's.</summary>
    internal static async Task<T> ReadAsync<T>(Func<T> read)
    {
        try
        {
            return await Task.Run(read);
        }
        catch (DataSetNotFoundException e)
        {
            throw RpcErrors.NotFound($"There is no such data set: the name {e.Message}.");
        }
        catch (DataSetNotOwnedException e)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
        catch (InvalidDataException e)
        {
            throw RpcErrors.FailedPrecondition($"The data set {e.Message}.");
        }
    }
}
