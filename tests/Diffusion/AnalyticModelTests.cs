namespace Ddpm.Diffusion.Tests;

public sealed class AnalyticModelTests
{
    [Fact]
    public void Epsilon_AtRecordedPoints_IsTheRecordedGradient()
    {
        var x = Goldens.Analytic.ReadFloat64("x");
        foreach (var (levels, recorded) in new[] { ("abar_t", "eps"), ("abar_vp_tc", "eps_vp") })
        {
            var alphaBars = Goldens.Analytic.ReadFloat64(levels);
            var epsilon = Goldens.Analytic.ReadFloat64(recorded);
            var points = x.Length / AnalyticModel.Elements;
            for (var i = 0; i < alphaBars.Length * points; i++)
            {
                var point = x.AsSpan(i % points * AnalyticModel.Elements, AnalyticModel.Elements);
                var expected = epsilon.AsSpan(i * AnalyticModel.Elements, AnalyticModel.Elements).ToArray();
                AnalyticModel.Epsilon<double>(point, alphaBars[i / points]).ShouldBeCloseTo(expected, 1e-12, $"{recorded}, point {i}");
            }
        }
    }
}
