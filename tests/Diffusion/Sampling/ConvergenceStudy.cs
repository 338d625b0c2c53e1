namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>
/// How fast each solver of the ODE comes closer to its solution when its steps are halved, with the exact model of a mixture. The solution is that of
/// d(x/α)/dσ = ε (Song, Meng and Ermon 2021, equation 14), solved by Dormand and Prince to 10⁻¹¹ between the same two noise levels: from the first one to
/// the lowest that the network knows. What follows it is a single step to the image, which is the same for all.
/// </summary>
internal static class ConvergenceStudy
{
    /// <summary>Intervals, halved from one to the next.</summary>
    public static IReadOnlyList<int> Intervals { get; } = [10, 20, 40, 80, 160, 320];

    /// <summary>Of which each number of intervals divides T−1 and, for what counts its timesteps from 0, T itself nearly: what is halved is halved exactly.</summary>
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions(Timesteps: 5121, BetaStart: 0.1 / 5121, BetaEnd: 20.0 / 5121));

    private const int Trajectories = 8;
    private const string PfOde = "pf-ode";

    private static readonly VpSde Sde = VpSde.Of(0.1, 20);

    /// <param name="Title">For people.</param>
    /// <param name="Paper">The order that its paper derives.</param>
    /// <param name="Expected">That of the whole, from the first step on and down to the lowest noise.</param>
    /// <param name="Name">Of the sampler.</param>
    /// <param name="Options">What was set.</param>
    public sealed record Solver(string Title, double Paper, double Expected, string Name, params (string Option, object Value)[] Options);

    /// <param name="Solver">Which solver.</param>
    /// <param name="Evaluations">Network evaluations by halving.</param>
    /// <param name="Errors">Root mean square distance to the solution by halving.</param>
    public sealed record Curve(Solver Solver, long[] Evaluations, double[] Errors)
    {
        /// <summary>log₂ of how much smaller the error becomes with each halving, by the last three of them that are above rounding.</summary>
        public double Order
        {
            get
            {
                double[] clear = [.. Errors.TakeWhile(error => error > 1e-9)];
                var halvings = Math.Min(3, clear.Length - 1);
                return Math.Log2(clear[^(halvings + 1)] / clear[^1]) / halvings;
            }
        }
    }

    public static IReadOnlyList<Solver> Solvers { get; } =
    [
        new("DDIM, η = 0", 1, 1, "ddim", (SpacingOption.Name, "linspace")),
        new("Euler, Karras", 1, 1, "euler", (SpacingOption.Name, "karras")),
        new("DPM-Solver++ 2M, Karras", 2, 2, "dpm-solver++-2m", (SpacingOption.Name, "karras")),
        new("DPM-Solver++ 3M, Karras", 3, 2, "dpm-solver++-3m", (SpacingOption.Name, "karras")),
        new("UniPC of order 2, Karras", 3, 3, "unipc", (SpacingOption.Name, "karras"), ("order", "2")),
        new("UniPC of order 3, Karras", 4, 3.5, "unipc", (SpacingOption.Name, "karras"), ("order", "3")),
        new("Heun, Karras", 2, 2, "heun", (SpacingOption.Name, "karras")),
        new("PNDM", 2, 2, "pndm"),
        new("Probability-flow ODE, Heun", 2, 2, PfOde, ("method", "heun"), ("denoise", false)),
    ];

    public static async Task<Curve> RunAsync(Solver solver)
    {
        var definition = SamplerCatalog.Find(solver.Name)!;
        var options = Resolve(definition, solver);
        var model = solver.Name == PfOde ? Continuous : AnalyticModel.Of<double>(Schedule);
        var evaluations = new long[Intervals.Count];
        var errors = new double[Intervals.Count];
        for (var halving = 0; halving < Intervals.Count; halving++)
        {
            // Levels that include both ends are one more than intervals.
            var sampler = definition.Create<double>(Schedule, Intervals[halving] + (solver.Name is PfOde or "pndm" ? 0 : 1), options);
            // The probability-flow ODE has no step to the image.
            var last = solver.Name == PfOde ? sampler.Steps : sampler.Steps - 1;
            var squares = 0.0;
            for (var trajectory = 0; trajectory < Trajectories; trajectory++)
            {
                var noise = new PhiloxNoise(seed: 1, trajectory);
                var state = await sampler.RunAsync(model, noise, last);
                var solution = await SolveAsync(noise, sampler.AlphaBarAt(0), EndOf(sampler, last));
                squares += state.X.Zip(solution, (a, b) => (a - b) * (a - b)).Sum();
                evaluations[halving] = state.Evaluations;
            }

            errors[halving] = Math.Sqrt(squares / (Trajectories * AnalyticModel.Elements));
        }

        return new Curve(solver, evaluations, errors);
    }

    /// <summary>The model at the labels that the SDE gives its times, with the SDE's ᾱ.</summary>
    private static ValueTask<double[]> Continuous(double[] x, double timestep, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AnalyticModel.Epsilon<double>(x, Sde.AlphaBar(timestep / (Schedule.Timesteps - 1))));

    private static SamplerOptionValues Resolve(SamplerDefinition definition, Solver solver)
    {
        var given = solver.Options.Select(option => KeyValuePair.Create<string, object?>(option.Option, option.Value));
        // The mixture's images lie beyond black and white.
        if (definition.Options.Any(option => option.Name == ThresholdingOptions.Clip))
            given = given.Append(KeyValuePair.Create<string, object?>(ThresholdingOptions.Clip, false));
        var values = definition.Resolve(given, out var violations);
        violations.ShouldBeEmpty();
        return values;
    }

    /// <summary>ᾱ of the state after the last step; the probability-flow ODE gives it as that of an image.</summary>
    private static double EndOf(Sampler<double> sampler, int last) =>
        last < sampler.Steps ? sampler.AlphaBarAt(last) : Sde.AlphaBar(new PfOdeOptions().EndTime);

    private static async Task<double[]> SolveAsync(PhiloxNoise noise, double alphaBar, double endAlphaBar)
    {
        var x = new double[AnalyticModel.Elements];
        noise.Fill<double>(x, 0, NoiseUse.Initial);
        var (from, to) = (NoiseLevels.SigmaOf(alphaBar), NoiseLevels.SigmaOf(endAlphaBar));
        double[] scaled = [.. x.Select(value => value / Math.Sqrt(alphaBar))];
        var end = await new Rk45<double>(SlopeAt, 1e-11).SolveAsync(from, to, scaled);
        return [.. end.Select(value => value * Math.Sqrt(endAlphaBar))];

        static ValueTask<double[]> SlopeAt(double sigma, double[] scaled)
        {
            var alphaBar = NoiseLevels.AlphaBarOf(sigma);
            double[] x = [.. scaled.Select(value => value * Math.Sqrt(alphaBar))];
            return ValueTask.FromResult(AnalyticModel.Epsilon<double>(x, alphaBar));
        }
    }
}
