using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
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

    public List<ExportModelRequest> Exported { get; } = [];

    /// <summary>Name and content of the files of any version.</summary>
    public IReadOnlyList<(string Name, string Content)> FolderFiles { get; } = [("README.md", "# Card"), ("config.json", "{}")];

    /// <summary>The same of its network as ONNX.</summary>
    public IReadOnlyList<(string Name, string Content)> OnnxFiles { get; set; } = [("model.onnx", "a network")];

    /// <summary>Ends an export when half of its last file is sent, while set.</summary>
    public RpcException? ExportFailure { get; set; }

    public override async Task ExportModel(ExportModelRequest request, IServerStreamWriter<ExportModelResponse> responseStream, ServerCallContext context)
    {
        Exported.Add(request);
        var files = request.Format == ExportFormat.Onnx ? OnnxFiles : FolderFiles;
        foreach (var (name, content) in files)
        {
            var half = content.Length / 2;
            await responseStream.WriteAsync(new ExportModelResponse { File = new ModelFile { Name = name, SizeBytes = content.Length } });
            await responseStream.WriteAsync(new ExportModelResponse { Chunk = ByteString.CopyFromUtf8(content[..half]) });
            if (ExportFailure is not null && name == files[^1].Name)
                throw ExportFailure;
            await responseStream.WriteAsync(new ExportModelResponse { Chunk = ByteString.CopyFromUtf8(content[half..]) });
        }
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
