using System.Text.Json;
using Ddpm.Networks;
using Ddpm.Networks.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Bench.Subjects;

/// <summary>One image through the graph of the Denoiser's engine, on all threads, while ONNX Runtime writes down what each operator takes.</summary>
internal sealed class ProfiledPass : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ddpm-bench-");
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly OrtValue _x;
    private readonly OrtValue _times;

    /// <summary>What one operator takes in one pass.</summary>
    /// <param name="Name">ONNX Runtime's name of it.</param>
    /// <param name="Seconds">Wall time.</param>
    /// <param name="Kernel">[height, width] of a convolution's; empty for all else.</param>
    /// <param name="FloatingPointOperations">A convolution's; 0 for all else.</param>
    public sealed record Node(string Name, double Seconds, int[] Kernel, double FloatingPointOperations);

    /// <param name="Seconds">Wall time, operators and what is between them.</param>
    /// <param name="Nodes">In the order in which they ran.</param>
    public sealed record Pass(double Seconds, IReadOnlyList<Node> Nodes);

    public ProfiledPass(BenchModel model)
    {
        using var checkpoint = CheckpointFolder.Open(model.Folder);
        // The prefix counts from the moment at which profiling is asked for.
        using var options = new SessionOptions
        {
            IntraOpNumThreads = Environment.ProcessorCount,
            ProfileOutputPathPrefix = Path.Combine(_folder.FullName, "pass"),
            EnableProfiling = true,
        };
        _session = new InferenceSession(OnnxExport.Parts(checkpoint).Body, options);
        var channels = _session.InputMetadata[OnnxExport.Times].Dimensions[1];
        _x = OrtValue.CreateTensorValueFromMemory(model.Noise(0), [1, .. model.Shape.Select(extent => (long)extent)]);
        _times = OrtValue.CreateTensorValueFromMemory(new float[channels], [1, channels, 1, 1]);
    }

    public Task RunAsync()
    {
        using var results = _session.Run(_run, [OnnxExport.Sample, OnnxExport.Times], [_x, _times], [OnnxExport.OutSample]);
        return Task.CompletedTask;
    }

    /// <summary>All passes that were run. To be called once, at the end.</summary>
    public Pass[] Passes()
    {
        using var profile = JsonDocument.Parse(File.ReadAllBytes(_session.EndProfiling()));
        var passes = new List<Pass>();
        var nodes = new List<Node>();
        foreach (var happened in profile.RootElement.EnumerateArray())
        {
            var name = happened.GetProperty("name").GetString()!;
            var seconds = happened.GetProperty("dur").GetInt64() / 1e6;
            if (name.EndsWith("_kernel_time", StringComparison.Ordinal))
            {
                nodes.Add(NodeOf(happened.GetProperty("args"), seconds));
            }
            else if (name == "model_run")
            {
                passes.Add(new Pass(seconds, nodes));
                nodes = [];
            }
        }
        return [.. passes];
    }

    public void Dispose()
    {
        _x.Dispose();
        _times.Dispose();
        _session.Dispose();
        _run.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Node NodeOf(JsonElement args, double seconds)
    {
        var name = args.GetProperty("op_name").GetString()!;
        if (name != "Conv")
            return new Node(name, seconds, [], 0);
        // [M, C, kH, kW], and [N, M, H, W].
        var weights = Shape(args.GetProperty("input_type_shape")[1]);
        var output = Shape(args.GetProperty("output_type_shape")[0]);
        return new Node(name, seconds, weights[2..], 2.0 * weights.Aggregate(1L, (product, extent) => product * extent) * output[0] * output[2] * output[3]);
    }

    /// <summary>Of a property whose name is the element type.</summary>
    private static int[] Shape(JsonElement typed) => [.. typed.EnumerateObject().Single().Value.EnumerateArray().Select(extent => extent.GetInt32())];
}
