namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>Each ODE solver is of the order that its paper says, by <see cref="ConvergenceStudy"/>.</summary>
public sealed class ConvergenceTests
{
    public static TheoryData<string> Solvers => [.. ConvergenceStudy.Solvers.Select(solver => solver.Title)];

    [Theory]
    [MemberData(nameof(Solvers))]
    public async Task Solver_StepsHalved_ConvergesByItsOrder(string title)
    {
        var solver = ConvergenceStudy.Solvers.Single(solver => solver.Title == title);
        var curve = await ConvergenceStudy.RunAsync(solver);
        TestContext.Current.TestOutputHelper?.WriteLine($"{title}: {string.Join(" ", curve.Errors.Select(e => $"{e:e2}"))}, order {curve.Order:0.00}");
        curve.Errors.ShouldBeInOrder(SortDirection.Descending);
        curve.Order.ShouldBeGreaterThan(solver.Expected - 0.2);
    }
}
