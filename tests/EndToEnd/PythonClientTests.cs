using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests;

/// <summary>A client in another language, generated from <c>protos/</c> here and now.</summary>
public sealed class PythonClientTests
{
    // Debian's own Python, which has Debian's gRPC; another one may stand before it in the path.
    private const string Python = "/usr/bin/python3";

    [Fact]
    public async Task PythonClient_GeneratedFromTheProtos_SubmitsWatchesAndFetches()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        await SkipWithoutGrpcAsync();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));

        var output = await RunClientAsync("client.py", folder, standalone, folder.Resolve("images"));

        output.ShouldContain("JOB_STATE_SUCCEEDED");
        output.ShouldContain("refused: spec.steps");
        Directory.GetFiles(folder.Resolve("images")).Length.ShouldBe(2);
        await DdpmCommand.SucceedAsync(
            "generate", "--server", standalone.GrpcAddress.OriginalString, "--model", TinyModel.Name, "--sampler", "ddim", "--steps", "10",
            "--count", "2", "--seed", "5", "--eta", "0.5", "--out", folder.Resolve("ddpm"));
        (await File.ReadAllBytesAsync(folder.Resolve("images", "001.png"), TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(folder.Resolve("ddpm", "001.png"), TestContext.Current.CancellationToken), "the same job is the same image");
    }

    [Fact]
    public async Task PythonClient_OfTheOpenInferenceProtocol_AsksTheDenoiser()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        await SkipWithoutGrpcAsync();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));

        var output = await RunClientAsync("inference_client.py", folder, standalone, folder.Resolve("epsilon.bin"));

        output.ShouldContain("refused: inputs.timestep[0] must be 0 to 999, is 1000");
        var version = output.Split('\n').Single(line => line.StartsWith("version ", StringComparison.Ordinal))["version ".Length..];
        // The same rows by the contract of our own.
        var x = Enumerable.Range(0, 2 * 1024).Select(i => i % 17 / 8f - 1).ToArray();
        var response = await standalone.Client.Denoiser.PredictNoiseAsync(
            new PredictNoiseRequest
            {
                Model = TinyModel.Name,
                Version = version,
                Rows =
                {
                    new NoiseRow { X = TensorCodec.Encode(x[..1024], [1, 32, 32]), Timestep = 500 },
                    new NoiseRow { X = TensorCodec.Encode(x[1024..], [1, 32, 32]), Timestep = 500 },
                },
            },
            cancellationToken: TestContext.Current.CancellationToken);
        (await File.ReadAllBytesAsync(folder.Resolve("epsilon.bin"), TestContext.Current.CancellationToken))
            .ShouldBe([.. response.PredictedNoise.SelectMany(epsilon => epsilon.Data)]);
    }

    /// <summary>Generates the stubs of all protos, and runs a client that is made with them.</summary>
    private static async Task<string> RunClientAsync(string script, TemporaryFolder folder, StandaloneProcess standalone, string result)
    {
        await SucceedAsync(Repository.Resolve("tests", "EndToEnd", "python", "generate.py"),
            Protobuf.Compiler, Protobuf.WellKnownTypes, Repository.Resolve("protos"), folder.Resolve("generated"));
        return await SucceedAsync(Repository.Resolve("tests", "EndToEnd", "python", script),
            folder.Resolve("generated"), standalone.GrpcAddress.Authority, TinyModel.Name, result);
    }

    private static async Task SkipWithoutGrpcAsync()
    {
        if (!File.Exists(Python))
            Assert.Skip($"{Python} is not there.");
        await using var check = RunningProcess.Start(Python, ["-c", "import grpc, grpc_tools"]);
        if (await check.ExitAsync() != 0)
            Assert.Skip($"{Python} has no gRPC; ./test.sh installs python3-grpcio and python3-grpc-tools: {check.Error}");
    }

    private static async Task<string> SucceedAsync(params string[] arguments)
    {
        await using var process = RunningProcess.Start(Python, arguments);
        (await process.ExitAsync()).ShouldBe(0, $"{process.Output}\n{process.Error}");
        return process.Output;
    }
}
