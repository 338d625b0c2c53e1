using Ddpm.Denoiser;
using Ddpm.Networks;

namespace Ddpm.Bench.Subjects;

/// <summary>An engine that answers x, so that what is left is everything else.</summary>
internal sealed class InstantEngine : IDenoisingEngine
{
    public string Name => "instant";

    public string Device => "none";

    public EvaluationMode Mode => EvaluationMode.Exact;

    public int Workers => Environment.ProcessorCount;

    public int MaxBatchRows => 4;

    public int BriefBatchRows => 1;

    public int LonePassThreads => 1;

    public void PrepareThread()
    {
    }

    public IDenoisingNetwork Load(string folder)
    {
        using var checkpoint = CheckpointFolder.Open(folder);
        return new InstantNetwork(NetworkDescription.Of(checkpoint.Config, checkpoint.Scheduler));
    }

    private sealed class InstantNetwork(NetworkDescription description) : IDenoisingNetwork
    {
        public NetworkDescription Description => description;

        public long MemoryBytes => 0;

        public float[][] Evaluate(IReadOnlyList<NetworkRow> rows, bool spread = false) => [.. rows.Select(row => row.X.ToArray())];

        public void Dispose()
        {
        }
    }
}
