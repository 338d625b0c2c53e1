using Ddpm.Denoiser;
using Ddpm.Networks;
using static TorchSharp.torch;

namespace Ddpm.Bench.Subjects;

/// <summary>The U-Net in TorchSharp as a port from Python would run it: all threads, no gradients, one forward pass for the whole batch.</summary>
internal sealed class PlainTorch(BenchModel model, OwnThread thread) : IDisposable
{
    private readonly Lazy<Checkpoint> _checkpoint = new(() => Checkpoint.Load(model.Folder));
    private readonly long[] _shape = [-1, .. model.Shape];

    public Task EvaluateAsync(NetworkRow[] rows) => thread.RunAsync(() => Evaluate(rows));

    public void Dispose()
    {
        if (_checkpoint.IsValueCreated)
            _checkpoint.Value.Dispose();
    }

    private float[] Evaluate(NetworkRow[] rows)
    {
        set_num_threads(Environment.ProcessorCount);
        using var recording = no_grad();
        using var scope = NewDisposeScope();
        var x = tensor(rows.SelectMany(row => row.X.ToArray()).ToArray()).view(_shape);
        var timesteps = tensor(Array.ConvertAll(rows, row => (float)row.Timestep));
        var classes = rows[0].EmbeddedClass is null ? null : tensor(Array.ConvertAll(rows, row => (long)row.EmbeddedClass!.Value));
        return _checkpoint.Value.Network.forward(x, timesteps, classes).data<float>().ToArray();
    }
}
