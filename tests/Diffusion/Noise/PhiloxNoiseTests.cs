using CsCheck;

namespace Ddpm.Diffusion.Tests.Noise;

public sealed class PhiloxNoiseTests
{
    /// <summary>Computed by a second implementation, in Python with the C library's log, cos and sin.</summary>
    [Theory]
    [InlineData(0, 0, 0, NoiseUse.Initial, 0, -0.39766753844418223)]
    [InlineData(0, 0, 0, NoiseUse.Initial, 1, -0.310395478801738)]
    [InlineData(7, 3, 0, NoiseUse.Initial, 2, -1.2343375014315892)]
    [InlineData(7, 3, 49, NoiseUse.Step, 3071, 0.5071458056568037)]
    [InlineData(ulong.MaxValue, 63, 999, NoiseUse.Step, 5, -0.29462133010911057)]
    [InlineData(0x123456789ABCDEF0, 1, 2, NoiseUse.Step, 4, -0.2539348061721)]
    public void Fill_OneElement_IsThatOfASecondImplementation(ulong seed, int trajectory, int step, NoiseUse use, int element, double expected)
    {
        Draw<double>(seed, trajectory, step, use, element + 1)[element].ShouldBe(expected, 1e-15);
        Draw<float>(seed, trajectory, step, use, element + 1)[element].ShouldBe((float)expected);
    }

    [Fact]
    public void Fill_InAnyOrderAndLength_IsTheSame()
    {
        var call = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Enum<NoiseUse>(), Gen.Int[1, 64]);
        Gen.Select(Gen.ULong, call.Array[1, 20]).Sample((seed, calls) =>
        {
            var sources = Enumerable.Range(0, 4).Select(trajectory => new PhiloxNoise(seed, trajectory)).ToArray();
            foreach (var (trajectory, step, use, length) in calls)
            {
                var values = new float[length];
                sources[trajectory].Fill<float>(values, step, use);
                values.ShouldBe(Draw<float>(seed, trajectory, step, use, 64)[..length]);
            }
        });
    }

    [Fact]
    public void Fill_ManyValues_AreStandardNormal()
    {
        const int count = 1_000_000;
        var values = Draw<double>(20240607, 0, 0, NoiseUse.Step, count);

        // Tolerances are five standard errors.
        values.Average().ShouldBe(0, 5 / Math.Sqrt(count));
        values.Average(z => z * z).ShouldBe(1, 5 * Math.Sqrt(2.0 / count));
        values.Average(z => z * z * z).ShouldBe(0, 5 * Math.Sqrt(15.0 / count));
        values.Average(z => z * z * z * z).ShouldBe(3, 5 * Math.Sqrt(96.0 / count));
        foreach (var (bound, probability) in new[]
        {
            (0.5, 0.382924922548026), (1, 0.682689492137086), (2, 0.954499736103642), (3, 0.997300203936740), (4, 0.999936657516334),
        })
        {
            var error = Math.Sqrt(probability * (1 - probability) / count);
            values.Average(z => Math.Abs(z) < bound ? 1.0 : 0.0).ShouldBe(probability, 5 * error, $"within ±{bound}");
        }
    }

    [Fact]
    public void Fill_WhereOnePartOfTheAddressDiffers_IsUncorrelated()
    {
        const int count = 200_000;
        var values = Draw<double>(1, 2, 3, NoiseUse.Step, count);
        var others = new Dictionary<string, double[]>
        {
            ["seed"] = Draw<double>(2, 2, 3, NoiseUse.Step, count),
            ["upper half of the seed"] = Draw<double>(1 + (1UL << 32), 2, 3, NoiseUse.Step, count),
            ["trajectory"] = Draw<double>(1, 3, 3, NoiseUse.Step, count),
            ["step"] = Draw<double>(1, 2, 4, NoiseUse.Step, count),
            ["use"] = Draw<double>(1, 2, 3, NoiseUse.Initial, count),
            ["trajectory and step changed over"] = Draw<double>(1, 3, 2, NoiseUse.Step, count),
            ["next element"] = [.. values.Skip(1), values[0]],
            ["element after next"] = [.. values.Skip(2), values[0], values[1]],
        };

        foreach (var (what, other) in others)
        {
            var bound = 5 / Math.Sqrt(count);
            values.Zip(other, (a, b) => a * b).Average().ShouldBe(0, bound, what);
            // Squares too: values may be uncorrelated and still share their size.
            values.Zip(other, (a, b) => ((a * a) - 1) * ((b * b) - 1) / 2).Average().ShouldBe(0, bound, what);
        }
    }

    [Fact]
    public void Fill_NegativeAddress_IsRefused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new PhiloxNoise(0, -1));
        Should.Throw<ArgumentOutOfRangeException>(() => new PhiloxNoise(0, 0).Fill<float>(new float[2], -1, NoiseUse.Step));
    }

    private static T[] Draw<T>(ulong seed, int trajectory, int step, NoiseUse use, int count)
        where T : struct, System.Numerics.IFloatingPointIeee754<T>
    {
        var values = new T[count];
        new PhiloxNoise(seed, trajectory).Fill<T>(values, step, use);
        return values;
    }
}
