namespace Ddpm.Diffusion;

/// <summary><see cref="PfOdeSampler{T}"/> in the catalogue.</summary>
public sealed class PfOdeDefinition : SamplerDefinition
{
    private const string Method = "method";
    private const string Rk45 = "rk45";
    private const string Tolerance = "tolerance_exponent";
    private const string Denoise = "denoise";

    /// <inheritdoc/>
    public override string Name => "pf-ode";

    /// <inheritdoc/>
    public override int Place => 80;

    /// <inheritdoc/>
    public override string Title => "Probability-flow ODE";

    /// <inheritdoc/>
    public override string Summary =>
        "Follows the smooth path in continuous time to a given accuracy, with as many evaluations as that takes. The reference for all others.";

    /// <inheritdoc/>
    public override string Paper =>
        "Song et al. 2021, Score-Based Generative Modeling through Stochastic Differential Equations, equation 13, by Dormand and Prince 1980";

    /// <inheritdoc/>
    public override int DefaultSteps => 10;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new ChoiceSamplerOption(
            Method,
            "Solver",
            "With error control the steps are only stops on the way. Heun makes each of them at once.",
            Rk45,
            [new(Rk45, "Runge–Kutta 4(5), with error control"), new("heun", "Heun, in equal steps")]),
        new NumberSamplerOption(
            Tolerance,
            "Tolerance, as a power of ten",
            "The error allowed in each step of the solver: −5 is 0.00001. Ignored without error control.",
            DefaultValue: -5,
            Minimum: -10,
            Maximum: -1,
            Step: 0.5),
        new FlagSamplerOption(Denoise, "Clean last step", "Takes away the noise that is left at the end. Off, a faint grain stays in the image.", true),
    ];

    /// <inheritdoc/>
    public override int StepLimit(NoiseSchedule schedule) => MaxSteps;

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new PfOdeSampler<T>(schedule, steps, new PfOdeOptions
        {
            Method = options.Choice(Method) == Rk45 ? PfOdeMethod.Rk45 : PfOdeMethod.Heun,
            Tolerance = Math.Pow(10, options.Number(Tolerance)),
            Denoise = options.Flag(Denoise),
        });
}
