namespace Ddpm.Diffusion;

/// <summary>A setting that breaks a rule.</summary>
/// <param name="Field"><c>steps</c>, or <c>sampler_options.</c> and an option's name.</param>
/// <param name="Rule">What would be right, to follow the field's name in a sentence.</param>
public sealed record SamplerViolation(string Field, string Rule);
