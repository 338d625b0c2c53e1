using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Cli.Tests.Fakes;

/// <summary>One model with two versions: <c>fashion-mnist</c> with the classes shirt, coat and bag.</summary>
internal sealed class FakeModelRegistry : ModelRegistryService.ModelRegistryServiceBase
{
    public static readonly string Newer = "abcd" + new string('1', 60);

    public static readonly string Older = "abce" + new string('2', 60);

    private readonly Model _model = new()
    {
        Name = "fashion-mnist",
        Aliases = { ["latest"] = Newer, ["stable"] = Older },
        Versions = { VersionOf(Newer), VersionOf(Older) },
    };

    public List<MoveAliasRequest> Moved { get; } = [];

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListModelsResponse { Models = { _model } });

    public override Task<GetModelResponse> GetModel(GetModelRequest request, ServerCallContext context) => request.Name == _model.Name
        ? Task.FromResult(new GetModelResponse { Model = _model })
        : throw RpcErrors.NotFound($"There is no model '{request.Name}'.");

    public override Task<MoveAliasResponse> MoveAlias(MoveAliasRequest request, ServerCallContext context)
    {
        Moved.Add(request);
        return Task.FromResult(new MoveAliasResponse { Model = _model });
    }

    /// <summary>The version that <c>latest</c> names.</summary>
    public ModelVersion Latest => _model.Versions[0];

    public override Task<RollBackAliasResponse> RollBackAlias(RollBackAliasRequest request, ServerCallContext context)
    {
        _model.Aliases[request.Alias] = Older;
        return Task.FromResult(new RollBackAliasResponse { Model = _model });
    }

    public override Task<DeleteVersionResponse> DeleteVersion(DeleteVersionRequest request, ServerCallContext context)
    {
        _model.Versions.Remove(_model.Versions.Single(version => version.Version == request.Version));
        return Task.FromResult(new DeleteVersionResponse());
    }

    private static ModelVersion VersionOf(string version) => new()
    {
        Model = "fashion-mnist",
        Version = version,
        SampleShape = { 1, 32, 32 },
        PredictionType = PredictionType.Epsilon,
        Schedule = new NoiseSchedule { BetaSchedule = BetaSchedule.Linear, Timesteps = 1000 },
        ClassLabels = { "shirt", "coat", "bag" },
        SupportsGuidance = true,
        ParameterCount = 1234567,
        SizeBytes = 5 << 20,
        Card = "# Card",
    };
}
