using System.Collections.Concurrent;
using Ddpm.Diffusion;
using Ddpm.Storage.Models;

namespace Ddpm.Denoiser.Tests;

/// <summary>An engine whose forward passes begin only when they are let through, and that predicts x + t.</summary>
internal sealed class HeldEngine : IDenoisingEngine
{
    private readonly SemaphoreSlim _passes = new(0);

    public string Name => "held";

    public string Device => "none";

    public EvaluationMode Mode => EvaluationMode.Fast;

    public int Workers { get; init; } = 1;

    public int MaxBatchRows { get; init; } = 8;

    public int BriefBatchRows { get; init; } = 1;

    public int LonePassThreads { get; init; } = 1;

    public NetworkDescription Description { get; init; } = new(
        1, 1, 2, PredictionTarget.Epsilon, new NoiseSchedule(new NoiseScheduleOptions(BetaScheduleKind.Linear, 1000, 1e-4, 0.02)), 0, null);

    public long NetworkBytes { get; init; } = 1;

    /// <summary>Makes a load fail or wait.</summary>
    public Action? OnLoad { get; set; }

    /// <summary>Makes an evaluation fail.</summary>
    public Action? OnEvaluate { get; set; }

    /// <summary>The timesteps of each forward pass, in the order in which they began.</summary>
    public ConcurrentQueue<double[]> Evaluations { get; } = new();

    /// <summary>Whether each forward pass was spread over threads.</summary>
    public ConcurrentQueue<bool> Spread { get; } = new();

    public ConcurrentQueue<HeldNetwork> Loaded { get; } = new();

    public void LetThrough(int passes = 10_000) => _passes.Release(passes);

    public void PrepareThread()
    {
    }

    public IDenoisingNetwork Load(string folder)
    {
        OnLoad?.Invoke();
        var network = new HeldNetwork(this);
        Loaded.Enqueue(network);
        return network;
    }

    internal sealed class HeldNetwork(HeldEngine engine) : IDenoisingNetwork
    {
        public NetworkDescription Description => engine.Description;

        public long MemoryBytes => engine.NetworkBytes;

        public bool Disposed { get; private set; }

        public float[][] Evaluate(IReadOnlyList<NetworkRow> rows, bool spread = false)
        {
            engine.Spread.Enqueue(spread);
            engine.Evaluations.Enqueue([.. rows.Select(row => row.Timestep)]);
            engine._passes.Wait();
            engine.OnEvaluate?.Invoke();
            Disposed.ShouldBeFalse();
            return [.. rows.Select(row => row.X.ToArray().Select(x => x + (float)row.Timestep).ToArray())];
        }

        public void Dispose() => Disposed = true;
    }
}
