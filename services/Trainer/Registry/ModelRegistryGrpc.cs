using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Registry;

/// <summary>The contract of the model registry, over the model store.</summary>
internal sealed class ModelRegistryGrpc(IModelRegistry models, ModelImport import, ModelExport export) : ModelRegistryService.ModelRegistryServiceBase
{
    public override async Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) =>
        new() { Models = { (await models.ListAsync(context.CancellationToken)).Select(ModelContract.ToModel) } };

    public override async Task<GetModelResponse> GetModel(GetModelRequest request, ServerCallContext context) =>
        new() { Model = ModelContract.ToModel(await FindAsync(request.Name, context)) };

    public override async Task<MoveAliasResponse> MoveAlias(MoveAliasRequest request, ServerCallContext context)
    {
        if (!ModelName.IsAlias(request.Alias))
            throw RpcErrors.Invalid("alias", ModelName.Rule);
        if (request.Alias == ModelName.Shipped)
            throw RpcErrors.Invalid("alias", $"must not be '{ModelName.Shipped}', which names what came with the program");
        if (ModelName.IsVersionPrefix(request.Alias))
            throw RpcErrors.Invalid("alias", "must not be hexadecimal digits alone: it could be the beginning of a version id");
        ThrowIfMissing(await FindAsync(request.Model, context), request.Version);
        await models.MoveAliasAsync(request.Model, request.Alias, request.Version, context.CancellationToken);
        return new MoveAliasResponse { Model = ModelContract.ToModel(await FindAsync(request.Model, context)) };
    }

    public override async Task<RollBackAliasResponse> RollBackAlias(RollBackAliasRequest request, ServerCallContext context)
    {
        var model = await FindAsync(request.Model, context);
        if (!model.Aliases.ContainsKey(request.Alias))
            throw RpcErrors.NotFound($"Model '{request.Model}' has no alias '{request.Alias}'.");
        if (await models.RollBackAliasAsync(request.Model, request.Alias, context.CancellationToken) is null)
            throw RpcErrors.FailedPrecondition($"'{request.Alias}' of model '{request.Model}' never named another version that is still there.");
        return new RollBackAliasResponse { Model = ModelContract.ToModel(await FindAsync(request.Model, context)) };
    }

    public override async Task<DeleteVersionResponse> DeleteVersion(DeleteVersionRequest request, ServerCallContext context)
    {
        ThrowIfMissing(await FindAsync(request.Model, context), request.Version);
        try
        {
            await models.DeleteAsync(request.Model, request.Version, context.CancellationToken);
            return new DeleteVersionResponse();
        }
        catch (ModelInUseException e)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
    }

    public override async Task<ImportModelResponse> ImportModel(IAsyncStreamReader<ImportModelRequest> requestStream, ServerCallContext context) =>
        new() { Version = ModelContract.ToVersion(await import.ReceiveAsync(requestStream, context.CancellationToken)) };

    public override Task ExportModel(ExportModelRequest request, IServerStreamWriter<ExportModelResponse> responseStream, ServerCallContext context) =>
        export.SendAsync(request, responseStream, context.CancellationToken);

    private async Task<StoredModel> FindAsync(string name, ServerCallContext context) =>
        await models.FindAsync(name, context.CancellationToken) ?? throw RpcErrors.NotFound($"There is no model '{name}'.");

    private static void ThrowIfMissing(StoredModel model, string version)
    {
        if (!ModelName.IsVersion(version))
            throw RpcErrors.NotFound($"There is no version '{version}' of model '{model.Name}': a version {ModelName.VersionRule}.");
        if (model.Versions.All(known => known.Version != version))
            throw RpcErrors.NotFound($"There is no version '{version}' of model '{model.Name}'.");
    }
}
