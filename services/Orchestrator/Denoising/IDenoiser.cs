using Ddpm.V1;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>Where ε comes from.</summary>
internal interface IDenoiser
{
    /// <summary>Predicts ε for one image; waits out a Denoiser that is away or full.</summary>
    /// <exception cref="DenoiserException">The Denoiser refuses the row, or stayed away for longer than the patience allows.</exception>
    ValueTask<Prediction> PredictAsync(NoiseQuery query, CancellationToken cancellationToken);

    /// <summary>The same, with the vector–Jacobian product vᵀ ∂ε/∂x.</summary>
    /// <exception cref="DenoiserException">As for <see cref="PredictAsync"/>.</exception>
    ValueTask<(float[] Noise, float[] Product)> ProductAsync(NoiseQuery query, float[] vector, CancellationToken cancellationToken);
}

/// <summary>One evaluation that a trajectory asks for.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's id.</param>
/// <param name="Shape">[C, H, W].</param>
/// <param name="X">x_t, row-major.</param>
/// <param name="Timestep">t.</param>
/// <param name="ClassLabel">Class; null: unconditional.</param>
/// <param name="GuidanceScale">Scale of classifier-free guidance; null: none.</param>
/// <param name="Turn">Whose turn it takes at the Denoiser.</param>
/// <param name="WithVariance">Whether v is to follow ε.</param>
internal sealed record NoiseQuery(
    string Model, string Version, int[] Shape, float[] X, double Timestep, int? ClassLabel, float? GuidanceScale, Turn Turn, bool WithVariance = false);

/// <summary>For whom a job runs, and how urgent it is.</summary>
internal sealed record Turn(string Tenant, string Job, Priority Priority);

/// <summary>ε, followed by v where it was asked for, and how both were computed.</summary>
internal sealed record Prediction(float[] Noise, Evaluation Evaluation);

/// <summary>The Denoiser cannot answer; the message is for the job's owner.</summary>
internal sealed class DenoiserException(string message, Exception? inner = null) : Exception(message, inner);
