namespace Ddpm.Diffusion;

/// <summary><see cref="PndmSampler{T}"/> in the catalogue.</summary>
public sealed class PndmDefinition : SamplerDefinition
{
    private const string RungeKutta = "runge_kutta_start";

    private static readonly ChoiceSamplerOption AnySpacing = (ChoiceSamplerOption)SpacingOption.Option;

    // Its formulas are for steps of one length.
    private static readonly SamplerOption Spacing = AnySpacing with { Choices = [.. AnySpacing.Choices.Where(choice => choice.Value != "quadratic")] };

    /// <inheritdoc/>
    public override string Name => "pndm";

    /// <inheritdoc/>
    public override int Place => 50;

    /// <inheritdoc/>
    public override string Title => "PNDM";

    /// <inheritdoc/>
    public override string Summary => "Follows DDIM's path with the last four predictions at each step. The classic that made fifty steps enough.";

    /// <inheritdoc/>
    public override string Paper => "Liu et al. 2022, Pseudo Numerical Methods for Diffusion Models on Manifolds, algorithm 2";

    /// <inheritdoc/>
    public override int DefaultSteps => 50;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new FlagSamplerOption(
            RungeKutta, "Runge–Kutta start", "Makes the first three steps with four evaluations each, as in the paper. Off, they are plain steps of rising order.", false),
        Spacing,
    ];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new PndmSampler<T>(schedule, steps, new PndmOptions { RungeKuttaStart = options.Flag(RungeKutta), Spacing = SpacingOption.Read(options) });
}
