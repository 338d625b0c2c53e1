using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Ddpm.Networks.Onnx;

/// <summary>Runs an exported network with ONNX Runtime on one thread.</summary>
internal static class OnnxRun
{
    /// <summary>The whole network, of an export in one piece.</summary>
    public static Tensor Network(byte[] model, Tensor x, Tensor timesteps, Tensor? classes)
    {
        using var session = Open(model);
        List<(string, OrtValue)> inputs = [(OnnxExport.Sample, Value(x)), (OnnxExport.Timestep, Value(timesteps))];
        if (classes is not null)
            inputs.Add((OnnxExport.ClassLabels, Classes(classes)));
        return Run(session, OnnxExport.OutSample, inputs);
    }

    /// <summary>The whole network, of an export in two parts.</summary>
    public static Tensor Parts((byte[] Embedding, byte[] Body) parts, Tensor x, Tensor timesteps, Tensor? classes)
    {
        using var embedding = Open(parts.Embedding);
        using var body = Open(parts.Body);
        List<(string, OrtValue)> inputs = [(OnnxExport.Timestep, Value(timesteps))];
        if (classes is not null)
            inputs.Add((OnnxExport.ClassLabels, Classes(classes)));
        var times = Run(embedding, OnnxExport.Times, inputs);
        return Run(body, OnnxExport.OutSample, [(OnnxExport.Sample, Value(x)), (OnnxExport.Times, Value(times))]);
    }

    /// <summary>Runs a network once for one image, and tells of each operator its type and the shapes that went in and came out.</summary>
    public static List<(string Type, long[][] Inputs, long[] Output)> Operators(byte[] model, UNetConfig config)
    {
        using var folder = new TemporaryFolder();
        // As it is written: an optimiser would merge and move operators.
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            ProfileOutputPathPrefix = Path.Combine(folder.Path, "profile"),
            EnableProfiling = true,
        };
        using var session = new InferenceSession(model, options);
        using var x = zeros([1, config.InChannels, config.SampleSize!.Value.Height, config.SampleSize.Value.Width]);
        using var timesteps = zeros(1);
        using var classes = zeros(1, int64);
        List<(string, OrtValue)> inputs = [(OnnxExport.Sample, Value(x)), (OnnxExport.Timestep, Value(timesteps))];
        if (config.NumClassEmbeds is not null)
            inputs.Add((OnnxExport.ClassLabels, Classes(classes)));
        using (Run(session, OnnxExport.OutSample, inputs))
        {
            var events = JsonNode.Parse(File.ReadAllText(session.EndProfiling()))!.AsArray();
            return
            [
                .. events
                    .Select(happened => happened!["args"])
                    .Where(arguments => arguments?["input_type_shape"] is not null)
                    .Select(arguments => ((string)arguments!["op_name"]!, Shapes(arguments["input_type_shape"]!), Shapes(arguments["output_type_shape"]!)[0])),
            ];
        }

        static long[][] Shapes(JsonNode typed) =>
            [.. typed.AsArray().Select(shape => shape!.AsObject().Single().Value!.AsArray().Select(extent => (long)extent!).ToArray())];
    }

    private static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        return new InferenceSession(model, options);
    }

    private static OrtValue Value(Tensor tensor) => OrtValue.CreateTensorValueFromMemory(tensor.to(float32).contiguous().data<float>().ToArray(), tensor.shape);

    private static OrtValue Classes(Tensor tensor) => OrtValue.CreateTensorValueFromMemory(tensor.data<long>().ToArray(), tensor.shape);

    private static Tensor Run(InferenceSession session, string output, IReadOnlyList<(string Name, OrtValue Value)> inputs)
    {
        using var options = new RunOptions();
        using var outputs = session.Run(options, [.. inputs.Select(input => input.Name)], [.. inputs.Select(input => input.Value)], [output]);
        foreach (var (_, value) in inputs)
            value.Dispose();
        return tensor(outputs[0].GetTensorDataAsSpan<float>().ToArray(), outputs[0].GetTensorTypeAndShape().Shape);
    }
}
