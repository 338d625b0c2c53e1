using static TorchSharp.torch;

namespace Ddpm.Networks.UNet;

[Collection(nameof(TouchesTorchsGenerator))]
public sealed class SeededDropoutTests : IDisposable
{
    private const int Elements = 400_003;

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>The share of survivors has a standard deviation of √(p(1−p)/n).</summary>
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Forward_InTraining_KeepsOneMinusPAndDividesByIt(double p)
    {
        var outputs = Drop(p, seed: 7, place: 2);

        var kept = outputs.Count(output => output != 0);
        ((double)kept / Elements).ShouldBe(1 - p, tolerance: 4 * Math.Sqrt(p * (1 - p) / Elements));
        outputs.Where(output => output != 0).Distinct().ShouldHaveSingleItem().ShouldBe((float)(1 / (1 - p)), tolerance: 1e-4f * (float)(1 / (1 - p)));
    }

    /// <summary>Written out for one element at a time, in unsigned numbers.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-3_000_000_000_000_000_000, 21)]
    public void Forward_InTraining_TakesSixteenBitsOfSplitMix64ForEachElement(long seed, int place)
    {
        var quarter = (Elements + 3) / 4;
        bool Survives(int element)
        {
            var z = (ulong)seed + ((((ulong)place << 40) + (ulong)(element % quarter) + 1) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            return (ushort)(z >> (16 * (element / quarter))) >= 0.25 * 65536;
        }

        Drop(0.25, seed, place).Select(output => output != 0).ShouldBe(Enumerable.Range(0, Elements).Select(Survives));
    }

    /// <summary>Two masks that have nothing to do with each other keep the same element with probability (1−p)².</summary>
    [Theory]
    [InlineData(8, 2)]
    [InlineData(7, 3)]
    public void Forward_WithAnotherSeedOrPlace_DropsIndependently(long seed, int place)
    {
        var (one, other) = (Drop(0.5, seed: 7, place: 2), Drop(0.5, seed, place));

        ((double)one.Zip(other).Count(pair => pair.First != 0 && pair.Second != 0) / Elements).ShouldBe(0.25, tolerance: 0.003);
        // Nor has an element to do with its neighbours.
        ((double)one.Zip(one.Skip(1)).Count(pair => pair.First != 0 && pair.Second != 0) / Elements).ShouldBe(0.25, tolerance: 0.003);
    }

    [Fact]
    public void Forward_InTraining_PassesTheGradientOfTheSurvivors()
    {
        using var dropout = new SeededDropout(0.5);
        dropout.Seed(1, 0);
        var x = arange(1, 101, float32).reshape(10, 10).requires_grad_();

        var outputs = dropout.forward(x);
        outputs.sum().backward();

        x.grad!.DistanceTo(outputs / x).ShouldBe(0, tolerance: 1e-6);
    }

    [Fact]
    public void Forward_InEvaluation_IsTheIdentity()
    {
        using var dropout = new SeededDropout(0.5);
        dropout.eval();
        var x = ones(10);

        dropout.forward(x).ShouldBeSameAs(x);
    }

    [Fact]
    public void Forward_OfANetworkInTraining_DependsOnTheSeedAlone()
    {
        using var network = SmallNetwork.Create(SmallNetwork.Config with { Dropout = 0.2 });
        var (x, t) = SmallNetwork.Input();
        var evaluated = network.forward(x, t, null);
        network.train();

        Should.Throw<InvalidOperationException>(() => network.forward(x, t, null)).Message.ShouldContain("seed");
        network.SeedDropout(5);
        var first = network.forward(x, t, null);
        random.manual_seed(1);
        network.forward(x, t, null).DistanceTo(first).ShouldBe(0);
        network.SeedDropout(6);
        network.forward(x, t, null).DistanceTo(first).ShouldBeGreaterThan(1e-3);
        network.eval();
        network.forward(x, t, null).DistanceTo(evaluated).ShouldBe(0);
        network.modules().OfType<SeededDropout>().Distinct().Count().ShouldBe(8, "one for each residual block");
    }

    private static float[] Drop(double probability, long seed, int place)
    {
        using var dropout = new SeededDropout(probability);
        dropout.Seed(seed, place);
        return dropout.forward(ones(Elements)).data<float>().ToArray();
    }
}
