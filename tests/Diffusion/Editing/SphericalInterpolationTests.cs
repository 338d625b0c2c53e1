using CsCheck;

namespace Ddpm.Diffusion.Tests.Editing;

public sealed class SphericalInterpolationTests
{
    private static readonly Gen<double[]> Noise = Gen.ULong.Select(seed =>
    {
        var noise = new double[64];
        new PhiloxNoise(seed, 0).Fill<double>(noise, 0, NoiseUse.Initial);
        return noise;
    });

    [Fact]
    public void Between_AnyTwo_DividesTheAngleAndKeepsToThePlaneOfBoth()
    {
        Gen.Select(Noise, Noise, Gen.Double.Unit).Where((a, b, _) => Angle(a, b) > 0.01).Sample((a, b, weight) =>
        {
            // Of one length, as noises nearly are: only then is it a sphere that they lie on.
            var scale = Norm(a) / Norm(b);
            double[] second = [.. b.Select(value => scale * value)];

            var between = SphericalInterpolation.Between(a, second, weight);

            Norm(between).ShouldBe(Norm(a), 1e-9);
            Angle(a, between).ShouldBe(weight * Angle(a, second), 1e-6);
            Angle(second, between).ShouldBe((1 - weight) * Angle(a, second), 1e-6);
        });
    }

    [Fact]
    public void Between_AtTheEnds_IsEachBitForBit()
    {
        Gen.Select(Noise, Noise).Sample((a, b) =>
        {
            SphericalInterpolation.Between(a, b, 0).ShouldBe(a);
            SphericalInterpolation.Between(a, b, 1).ShouldBe(b);
        });
    }

    [Fact]
    public void Between_ParallelOrOpposite_IsOnTheLine()
    {
        double[] a = [1, 2, 3];

        SphericalInterpolation.Between(a, [2, 4, 6], 0.5).ShouldBe([1.5, 3, 4.5]);
        SphericalInterpolation.Between(a, [-1, -2, -3], 0.25).ShouldBe([0.5, 1, 1.5]);
        SphericalInterpolation.Between(a, [0, 0, 0], 0.5).ShouldBe([0.5, 1, 1.5]);
        Should.Throw<ArgumentException>(() => SphericalInterpolation.Between(a, [1], 0.5)).Message.ShouldContain("3 and 1");
    }

    private static double Norm(double[] x) => Math.Sqrt(x.Sum(value => value * value));

    private static double Angle(double[] a, double[] b) => Math.Acos(Math.Clamp(a.Zip(b, (p, q) => p * q).Sum() / (Norm(a) * Norm(b)), -1, 1));
}
