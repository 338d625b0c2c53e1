using Ddpm.Trainer.Training;

namespace Ddpm.Trainer.Runs;

/// <summary>What is known of one optimiser step.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Result">Loss, gradient norm, loss by noise level.</param>
/// <param name="LearningRate">That it was made with.</param>
internal readonly record struct StepFigures(long Step, StepResult Result, double LearningRate);
