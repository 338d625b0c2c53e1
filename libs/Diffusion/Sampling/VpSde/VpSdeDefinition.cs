namespace Ddpm.Diffusion;

/// <summary><see cref="VpSdeSampler{T}"/> in the catalogue.</summary>
public sealed class VpSdeDefinition : SamplerDefinition
{
    private const string EndTime = "end_time";
    private const string Denoise = "denoise";
    private const string Predictor = "predictor";
    private const string Corrector = "corrector";
    private const string SignalToNoise = "signal_to_noise";

    private static readonly (string Value, string Title, VpSdePredictor Predictor)[] Predictors =
    [
        ("euler_maruyama", "Euler–Maruyama", VpSdePredictor.EulerMaruyama),
        ("reverse_diffusion", "Reverse diffusion", VpSdePredictor.ReverseDiffusion),
        ("ancestral", "Ancestral, DDPM's step", VpSdePredictor.Ancestral),
    ];

    private static readonly (string Value, string Title, VpSdeCorrector Corrector)[] Correctors =
    [
        ("none", "None", VpSdeCorrector.None),
        ("langevin", "Langevin", VpSdeCorrector.Langevin),
        ("annealed_langevin", "Annealed Langevin", VpSdeCorrector.AnnealedLangevin),
    ];

    /// <inheritdoc/>
    public override string Name => "vp-sde";

    /// <inheritdoc/>
    public override int Place => 70;

    /// <inheritdoc/>
    public override string Title => "VP-SDE";

    /// <inheritdoc/>
    public override string Summary =>
        "Follows the diffusion backwards in continuous time, in many small random steps. A few hundred of them make clean images.";

    /// <inheritdoc/>
    public override string Paper =>
        "Song et al. 2021, Score-Based Generative Modeling through Stochastic Differential Equations, equation 6, by algorithms 3 and 5";

    /// <inheritdoc/>
    public override int DefaultSteps => 500;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new ChoiceSamplerOption(
            Predictor,
            "Predictor",
            "How each step goes to the next time. All are right in the limit of many steps.",
            Predictors[0].Value,
            [.. Predictors.Select(predictor => new SamplerChoice(predictor.Value, predictor.Title))]),
        new ChoiceSamplerOption(
            Corrector,
            "Corrector",
            "Shakes the image before each step, towards what is likely at its noise level. Costs a second evaluation a step.",
            Correctors[0].Value,
            [.. Correctors.Select(corrector => new SamplerChoice(corrector.Value, corrector.Title))]),
        new NumberSamplerOption(
            SignalToNoise,
            "Corrector's signal-to-noise ratio",
            "How far the corrector goes. Ignored without one.",
            DefaultValue: 0.16,
            Minimum: 0.01,
            Maximum: 0.5,
            Step: 0.01),
        new FlagSamplerOption(Denoise, "Clean last step", "Adds no noise in the last step. Off, a faint grain stays in the image.", true),
        new NumberSamplerOption(
            EndTime,
            "Time of the last step",
            "How close to the clean image, at time 0, the last step begins. Time 1 is pure noise.",
            DefaultValue: 0.001,
            Minimum: 0.0001,
            Maximum: 0.1,
            Step: 0.0001),
    ];

    /// <inheritdoc/>
    public override int StepLimit(NoiseSchedule schedule) => MaxSteps;

    /// <inheritdoc/>
    public override int LeastSteps(SamplerOptionValues options) =>
        options.Choice(Predictor) == Predictors[0].Value && options.Choice(Corrector) == Correctors[0].Value ? 1 : new VpSdeOptions().LeastDiscreteSteps;

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new VpSdeSampler<T>(
            schedule,
            steps,
            new VpSdeOptions
            {
                Predictor = Predictors.Single(predictor => predictor.Value == options.Choice(Predictor)).Predictor,
                Corrector = Correctors.Single(corrector => corrector.Value == options.Choice(Corrector)).Corrector,
                SignalToNoise = options.Number(SignalToNoise),
                Denoise = options.Flag(Denoise),
                EndTime = options.Number(EndTime),
            });
}
