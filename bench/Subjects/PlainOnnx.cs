using Ddpm.Denoiser;
using Ddpm.Networks;
using Ddpm.Networks.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Bench.Subjects;

/// <summary>The U-Net exported operator by operator, in ONNX Runtime with its own settings: all threads, one pass for the whole batch.</summary>
internal sealed class PlainOnnx : IDisposable
{
    private readonly InferenceSession _session;
    private readonly long[] _shape;
    private readonly RunOptions _run = new();

    public PlainOnnx(BenchModel model)
    {
        using var checkpoint = CheckpointFolder.Open(model.Folder);
        using var exported = new MemoryStream();
        OnnxExport.Network(checkpoint, exported);
        _session = new InferenceSession(exported.ToArray());
        _shape = [.. model.Shape];
    }

    public float[] Evaluate(NetworkRow[] rows)
    {
        List<string> names = [OnnxExport.Sample, OnnxExport.Timestep];
        List<OrtValue> values =
        [
            OrtValue.CreateTensorValueFromMemory(rows.SelectMany(row => row.X.ToArray()).ToArray(), [rows.Length, .. _shape]),
            OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(rows, row => (float)row.Timestep), [rows.Length]),
        ];
        if (rows[0].EmbeddedClass is not null)
        {
            names.Add(OnnxExport.ClassLabels);
            values.Add(OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(rows, row => (long)row.EmbeddedClass!.Value), [rows.Length]));
        }
        using var results = _session.Run(_run, names, values, [OnnxExport.OutSample]);
        values.ForEach(value => value.Dispose());
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _session.Dispose();
        _run.Dispose();
    }
}
