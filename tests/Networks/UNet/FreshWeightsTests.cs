namespace Ddpm.Networks.UNet;

/// <summary>What touches the generator that Torch has for the whole process; one after the other.</summary>
[CollectionDefinition(nameof(TouchesTorchsGenerator))]
public sealed class TouchesTorchsGenerator;

[Collection(nameof(TouchesTorchsGenerator))]
public sealed class FreshWeightsTests
{
    [Fact]
    public async Task Seeded_WhileOtherNetworksAreMade_HasTheSameWeights()
    {
        using var alone = new UNet2DModel(SmallNetwork.Config, seed: 5);
        using var other = new UNet2DModel(SmallNetwork.Config, seed: 6);
        using var enough = new CancellationTokenSource();
        var disturbing = Task.Run(
            () =>
            {
                while (!enough.IsCancellationRequested)
                    new UNet2DModel(SmallNetwork.Config).Dispose();
            },
            TestContext.Current.CancellationToken);

        try
        {
            for (var i = 0; i < 20; i++)
            {
                using var again = new UNet2DModel(SmallNetwork.Config, seed: 5);
                Weights(again).ShouldBe(Weights(alone));
            }
        }
        finally
        {
            await enough.CancelAsync();
            await disturbing;
        }
        Weights(other).ShouldNotBe(Weights(alone));
    }

    private static float[] Weights(UNet2DModel network) => [.. network.parameters().SelectMany(parameter => parameter.data<float>().ToArray())];
}
