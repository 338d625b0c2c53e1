using CsCheck;

namespace Ddpm.Diffusion.Tests.Noise;

public sealed class BoxMullerTests
{
    private const double UnitRoundoff = 1.0 / (1L << 53);

    [Fact]
    public void Log_AnyUniformValue_IsTheLogarithm()
    {
        Gen.ULong[1, 1UL << 53].Sample(k => Check(k * UnitRoundoff), iter: 100_000);
        Gen.Int[1, 52].Sample(power => Check(Math.Pow(2, -power)));
        Check(UnitRoundoff);
        Check(1 - UnitRoundoff);
        Check(Math.Sqrt(0.5));
        BoxMuller.Log(1).ShouldBe(0);

        static void Check(double x) => BoxMuller.Log(x).ShouldBe(Math.Log(x), 4 * UnitRoundoff * Math.Abs(Math.Log(x)));
    }

    [Fact]
    public void SinCosTurn_AnyTurn_IsSineAndCosine()
    {
        Gen.ULong[0, (1UL << 53) - 1].Sample(
            k =>
            {
                // The library is handed 2πv rounded, which costs it some digits: hence the tolerance.
                var v = k * UnitRoundoff;
                var (sin, cos) = BoxMuller.SinCosTurn(v);
                var (expectedSin, expectedCos) = Math.SinCos(2 * Math.PI * v);
                sin.ShouldBe(expectedSin, 2e-15);
                cos.ShouldBe(expectedCos, 2e-15);
                ((sin * sin) + (cos * cos)).ShouldBe(1, 1e-15);
            },
            iter: 100_000);
        BoxMuller.SinCosTurn(0).ShouldBe((0.0, 1.0));
        BoxMuller.SinCosTurn(0.25).ShouldBe((1.0, 0.0));
        BoxMuller.SinCosTurn(0.5).ShouldBe((0.0, -1.0));
        BoxMuller.SinCosTurn(0.75).ShouldBe((-1.0, 0.0));
    }

    [Fact]
    public void Pair_ExtremeBits_IsFinite()
    {
        // u = 2^-53: the farthest that a value can lie out, √(2 · 53 ln 2).
        BoxMuller.Pair(0, 0).First.ShouldBe(Math.Sqrt(106 * Math.Log(2)), 1e-14);
        BoxMuller.Pair(ulong.MaxValue, ulong.MaxValue).ShouldBe((0.0, 0.0));
    }
}
