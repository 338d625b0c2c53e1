using Ddpm.Bench.Measuring;

namespace Ddpm.Bench.Parts;

/// <summary>A part of the benchmark, which can be run by itself.</summary>
internal interface IPart
{
    string Name { get; }

    /// <summary>What it measures, in a line.</summary>
    string Summary { get; }

    /// <param name="report">Where findings go.</param>
    /// <param name="rounds">Rounds of each contest.</param>
    Task RunAsync(Report report, int rounds);
}
