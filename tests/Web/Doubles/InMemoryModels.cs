using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>A model registry in memory.</summary>
internal sealed class InMemoryModels : ModelRegistryService.ModelRegistryServiceClient
{
    public List<Model> Models { get; } = [Samples.Garments()];

    /// <summary>Name and content of the files of any version.</summary>
    public List<(string Name, byte[] Content)> Files { get; } = [];

    public List<ExportModelRequest> Exported { get; } = [];

    /// <summary>Fails every call while set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>Ends an export in the middle of its last file, while set.</summary>
    public RpcException? Breakage { get; set; }

    public override AsyncUnaryCall<ListModelsResponse> ListModelsAsync(ListModelsRequest request, CallOptions options) =>
        Answer(() => new ListModelsResponse { Models = { Models.Select(model => model.Clone()) } });

    public override AsyncUnaryCall<GetModelResponse> GetModelAsync(GetModelRequest request, CallOptions options) =>
        Answer(() => new GetModelResponse { Model = Find(request.Name).Clone() });

    public override AsyncUnaryCall<MoveAliasResponse> MoveAliasAsync(MoveAliasRequest request, CallOptions options) => Answer(() =>
    {
        var model = Find(request.Model);
        model.Aliases[request.Alias] = request.Version;
        model.AliasMoves.Insert(0, new AliasMove { Alias = request.Alias, Version = request.Version, Time = new Timestamp() });
        return new MoveAliasResponse { Model = model.Clone() };
    });

    public override AsyncUnaryCall<RollBackAliasResponse> RollBackAliasAsync(RollBackAliasRequest request, CallOptions options) => Answer(() =>
    {
        var model = Find(request.Model);
        var moves = model.AliasMoves.Where(move => move.Alias == request.Alias).ToList();
        if (moves.Count < 2)
            throw RpcErrors.FailedPrecondition("It never named anything else.");
        model.AliasMoves.Remove(moves[0]);
        model.Aliases[request.Alias] = moves[1].Version;
        return new RollBackAliasResponse { Model = model.Clone() };
    });

    public override AsyncUnaryCall<DeleteVersionResponse> DeleteVersionAsync(DeleteVersionRequest request, CallOptions options) => Answer(() =>
    {
        var model = Find(request.Model);
        if (model.Aliases.Values.Contains(request.Version))
            throw RpcErrors.FailedPrecondition("An alias names it.");
        model.Versions.Remove(model.Versions.Single(version => version.Version == request.Version));
        return new DeleteVersionResponse();
    });

    /// <summary>Each file in chunks of two bytes.</summary>
    public override AsyncServerStreamingCall<ExportModelResponse> ExportModel(ExportModelRequest request, CallOptions options)
    {
        Exported.Add(request);
        var parts = new EventStream<ExportModelResponse>();
        foreach (var (name, content) in Failure is null ? Files : [])
        {
            parts.Send(new ExportModelResponse { File = new ModelFile { Name = name, SizeBytes = content.Length } });
            var isBroken = Breakage is not null && name == Files[^1].Name;
            foreach (var chunk in content.Take(isBroken ? content.Length / 2 : content.Length).Chunk(2))
                parts.Send(new ExportModelResponse { Chunk = ByteString.CopyFrom(chunk) });
        }
        if ((Failure ?? Breakage) is { } failure)
            parts.Fail(failure);
        else
            parts.End();
        return Calls.Stream(parts);
    }

    private Model Find(string name) => Models.FirstOrDefault(model => model.Name == name) ?? throw RpcErrors.NotFound($"There is no model '{name}'.");

    private AsyncUnaryCall<T> Answer<T>(Func<T> answer) => Calls.Answer(answer, Failure);
}
