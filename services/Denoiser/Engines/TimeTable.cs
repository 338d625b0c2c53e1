using Ddpm.Networks.Onnx;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.ML.OnnxRuntime;

namespace Ddpm.Denoiser;

/// <summary>
/// What a network's blocks make of a timestep and a class: computed once, one at a time and so always in the same bits, and kept while memory
/// for it lasts.
/// </summary>
internal sealed class TimeTable : IDisposable
{
    private const long BudgetBytes = 32 << 20;

    private readonly InferenceSession _embedding;
    private readonly bool _isConditional;
    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = BudgetBytes });

    /// <param name="embedding">The network's first part, as <see cref="OnnxExport.Parts"/> writes it.</param>
    public TimeTable(byte[] embedding)
    {
        _embedding = OnnxSession.Open(embedding);
        _isConditional = _embedding.InputMetadata.ContainsKey(OnnxExport.ClassLabels);
        Elements = _embedding.OutputMetadata[OnnxExport.Times].Dimensions[1];
    }

    /// <summary>Elements of an entry.</summary>
    public int Elements { get; }

    /// <summary>The entry of a timestep and a row of the class embedding.</summary>
    public float[] Of(float timestep, int? embeddedClass)
    {
        if (_known.TryGetValue((timestep, embeddedClass), out float[]? known))
            return known!;
        var computed = Compute(timestep, embeddedClass);
        using var entry = _known.CreateEntry((timestep, embeddedClass));
        entry.Size = computed.Length * sizeof(float);
        entry.Value = computed;
        return computed;
    }

    public void Dispose()
    {
        _embedding.Dispose();
        _known.Dispose();
    }

    private float[] Compute(float timestep, int? embeddedClass)
    {
        var times = new float[Elements];
        using var output = OnnxSession.Tensor(times, 1, Elements, 1, 1);
        using var timestepValue = OnnxSession.Tensor([timestep], 1);
        if (!_isConditional)
        {
            _embedding.Run(OnnxSession.Run, [OnnxExport.Timestep], [timestepValue], [OnnxExport.Times], [output]);
            return times;
        }
        using var classValue = OrtValue.CreateTensorValueFromMemory(new[] { (long)(embeddedClass ?? 0) }, [1]);
        _embedding.Run(OnnxSession.Run, [OnnxExport.Timestep, OnnxExport.ClassLabels], [timestepValue, classValue], [OnnxExport.Times], [output]);
        return times;
    }
}
