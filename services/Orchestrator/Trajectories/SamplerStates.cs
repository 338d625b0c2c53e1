using System.Collections.Immutable;
using Ddpm.Diffusion;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>A sampler's state as a record and back, bit for bit.</summary>
internal static class SamplerStates
{
    public static SamplerCheckpoint ToCheckpoint(SamplerState<float> state)
    {
        var checkpoint = new SamplerCheckpoint
        {
            Step = state.Step,
            Evaluations = state.Evaluations,
            X = Float32Bytes.ToBytes(state.X),
            Denoised = Float32Bytes.ToBytes(state.Denoised),
        };
        foreach (var (name, values) in state.History)
            checkpoint.History[name] = Float32Bytes.ToBytes(values);
        return checkpoint;
    }

    public static SamplerState<float> FromCheckpoint(SamplerCheckpoint checkpoint) => new(
        checkpoint.Step,
        Float32Bytes.ToFloats(checkpoint.X),
        checkpoint.Denoised.IsEmpty ? null : Float32Bytes.ToFloats(checkpoint.Denoised),
        checkpoint.Evaluations,
        checkpoint.History.ToImmutableDictionary(entry => entry.Key, entry => Float32Bytes.ToFloats(entry.Value)));
}
