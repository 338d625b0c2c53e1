namespace Ddpm.Web.Charts;

/// <summary>Values that belong together in a chart.</summary>
/// <param name="Name">What they are, in the legend.</param>
/// <param name="Style">Class of the styles in <c>LineChart.razor.css</c>: <c>main</c>, <c>faint</c>, <c>dots</c>, <c>first</c> … <c>fourth</c>.</param>
/// <param name="Points">By rising x. What is not finite, or not positive on a logarithmic axis, is left out.</param>
public sealed record ChartSeries(string Name, string Style, IReadOnlyList<ChartPoint> Points);
