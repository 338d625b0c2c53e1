using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>A model registry in memory.</summary>
internal sealed class InMemoryModels : ModelRegistryService.ModelRegistryServiceClient
{
    public List<Model> Models { get; } = [Samples.Garments()];

    public override AsyncUnaryCall<ListModelsResponse> ListModelsAsync(ListModelsRequest request, CallOptions options) =>
        Calls.Of(new ListModelsResponse { Models = { Models } });
}
