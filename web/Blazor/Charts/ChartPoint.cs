namespace Ddpm.Web.Charts;

/// <summary>One value of a series.</summary>
public readonly record struct ChartPoint(double X, double Y);
