using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>The Trainer's data sets in memory.</summary>
internal sealed class InMemoryDataSets : DataSetService.DataSetServiceClient
{
    /// <summary>What the inspection of each finds; listed as it is here.</summary>
    public List<DataSet> DataSets { get; } = [];

    /// <summary>Names of those that are listed by their name alone until someone asks for them.</summary>
    public HashSet<string> NotInspected { get; } = [];

    public List<PreviewDataSetRequest> Previewed { get; } = [];

    /// <summary>Fails every call while set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>The newest upload.</summary>
    public InMemoryUpload? Upload { get; private set; }

    public override AsyncUnaryCall<ListDataSetsResponse> ListDataSetsAsync(ListDataSetsRequest request, CallOptions options) => Answer(() => new ListDataSetsResponse
    {
        DataSets = { DataSets.OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => NotInspected.Contains(one.Name) ? new DataSet { Name = one.Name } : one.Clone()) },
    });

    public override AsyncUnaryCall<GetDataSetResponse> GetDataSetAsync(GetDataSetRequest request, CallOptions options) => Answer(() =>
    {
        NotInspected.Remove(request.Name);
        return new GetDataSetResponse { DataSet = Find(request.Name).Clone() };
    });

    /// <summary>An image's bytes are those of its name.</summary>
    public override AsyncUnaryCall<PreviewDataSetResponse> PreviewDataSetAsync(PreviewDataSetRequest request, CallOptions options) => Answer(() =>
    {
        Previewed.Add(request.Clone());
        var classes = Find(request.Name).Classes.Where(tally => !request.HasClassName || tally.Name == request.ClassName).ToList();
        var count = Math.Min(request.Count, classes.Sum(tally => tally.ImageCount));
        return new PreviewDataSetResponse
        {
            Images =
            {
                Enumerable.Range(0, count).Select(k => new DataSetImage
                {
                    Name = $"{classes[k % classes.Count].Name}/{k}.png",
                    ClassName = classes[k % classes.Count].Name,
                    Png = ByteString.CopyFromUtf8($"{classes[k % classes.Count].Name}/{k}.png"),
                }),
            },
        };
    });

    public override AsyncUnaryCall<DeleteDataSetResponse> DeleteDataSetAsync(DeleteDataSetRequest request, CallOptions options) => Answer(() =>
    {
        DataSets.Remove(Find(request.Name));
        return new DeleteDataSetResponse();
    });

    public override AsyncDuplexStreamingCall<UploadDataSetRequest, UploadDataSetResponse> UploadDataSet(CallOptions options)
    {
        Upload = new InMemoryUpload(options.CancellationToken);
        return new(
            Upload, Upload.Answers, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override AsyncDuplexStreamingCall<UploadDataSetRequest, UploadDataSetResponse> UploadDataSet(
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        UploadDataSet(new CallOptions(headers, deadline, cancellationToken));

    private DataSet Find(string name) => DataSets.FirstOrDefault(one => one.Name == name) ?? throw RpcErrors.NotFound($"There is no data set '{name}'.");

    private AsyncUnaryCall<T> Answer<T>(Func<T> answer) => Calls.Answer(answer, Failure);
}
