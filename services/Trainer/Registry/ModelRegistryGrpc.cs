using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Registry;

/// <summary>The contract of the model registry, over the model store.</summary>
internal sealed class ModelRegistryGrpc(IModelStore models) : ModelRegistryService.ModelRegistryServiceBase
{
    public override async Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) =>
        new() { Models = { (await models.ListAsync(context.CancellationToken)).Select(ModelContract.ToModel) } };

    public override async Task<GetModelResponse> GetModel(GetModelRequest request, ServerCallContext context) =>
        new() { Model = ModelContract.ToModel(await FindAsync(request.Name, context)) };

    public override async Task<MoveAliasResponse> MoveAlias(MoveAliasRequest request, ServerCallContext context)
    {
        if (!ModelName.IsAlias(request.Alias))
            throw RpcErrors.Invalid("alias", ModelName.Rule);
        if (!ModelName.IsVersion(request.Version))
            throw RpcErrors.NotFound($"There is no version '{request.Version}' of model '{request.Model}': a version {ModelName.VersionRule}.");
        var model = await FindAsync(request.Model, context);
        if (model.Versions.All(version => version.Version != request.Version))
            throw RpcErrors.NotFound($"There is no version '{request.Version}' of model '{request.Model}'.");
        await models.MoveAliasAsync(request.Model, request.Alias, request.Version, context.CancellationToken);
        return new MoveAliasResponse { Model = ModelContract.ToModel(await FindAsync(request.Model, context)) };
    }

    private async Task<StoredModel> FindAsync(string name, ServerCallContext context) =>
        await models.FindAsync(name, context.CancellationToken) ?? throw RpcErrors.NotFound($"There is no model '{name}'.");
}
