using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Networks.UNet;

public sealed class UNet2DModelTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>norm(h)·(1 + s) + b is a normalisation with weight w·(1 + s) and bias c·(1 + s) + b.</summary>
    [Fact]
    public void Forward_ScaleShiftOfConstants_IsANormalisationWithOtherWeights()
    {
        using var film = SmallNetwork.Create(SmallNetwork.Config with { ResnetTimeScaleShift = UNetConfig.ScaleShift });
        using var plain = new UNet2DModel(SmallNetwork.Config);
        plain.eval();
        SmallNetwork.CopySharedWeights(film, plain);
        using (no_grad())
        {
            foreach (var (name, parameter) in film.named_parameters().Where(pair => pair.name.EndsWith("time_emb_proj.weight")))
                parameter.zero_();
            foreach (var (name, parameter) in plain.named_parameters().Where(pair => pair.name.Contains("time_emb_proj.")))
                parameter.zero_();
            foreach (var (name, constants) in film.named_parameters().Where(pair => pair.name.EndsWith("time_emb_proj.bias")))
            {
                var scaleAndShift = constants.chunk(2);
                var norm = name.Replace("time_emb_proj.bias", "norm2");
                plain.get_parameter($"{norm}.weight")!.mul_(1 + scaleAndShift[0]);
                plain.get_parameter($"{norm}.bias")!.mul_(1 + scaleAndShift[0]).add_(scaleAndShift[1]);
            }
        }
        var (x, t) = SmallNetwork.Input();

        film.forward(x, t, null).DistanceTo(plain.forward(x, t, null)).ShouldBeLessThan(1e-4);
    }

    /// <summary>A projection that gives the constant c moves the biases of query, key and value by c.</summary>
    [Fact]
    public void Forward_ConstantTimeEmbeddingInAttention_IsAnAttentionWithOtherBiases()
    {
        using var timed = SmallNetwork.Create(SmallNetwork.Config with { AttentionTimeEmbedding = true });
        using var plain = new UNet2DModel(SmallNetwork.Config);
        plain.eval();
        SmallNetwork.CopySharedWeights(timed, plain);
        using (no_grad())
        {
            foreach (var (name, parameter) in timed.named_parameters().Where(pair => pair.name.Contains("attentions") && pair.name.Contains("time_emb_proj.")))
            {
                if (name.EndsWith("weight"))
                {
                    parameter.zero_();
                    continue;
                }
                foreach (var projection in new[] { "to_q", "to_k", "to_v" })
                    plain.get_parameter(name.Replace("time_emb_proj", projection))!.add_(parameter);
            }
        }
        var (x, t) = SmallNetwork.Input();

        timed.forward(x, t, null).DistanceTo(plain.forward(x, t, null)).ShouldBeLessThan(1e-4);
    }

    /// <summary>A class whose row is the constant r moves the bias of the time embedding's last layer by r.</summary>
    [Fact]
    public void Forward_ClassEmbedding_IsAddedToTheTimeEmbedding()
    {
        using var conditional = SmallNetwork.Create(SmallNetwork.Config with { NumClassEmbeds = 3, NullClassEmbed = 2 });
        var (x, t) = SmallNetwork.Input();
        for (var row = 0; row < 3; row++)
        {
            using var plain = new UNet2DModel(SmallNetwork.Config);
            plain.eval();
            SmallNetwork.CopySharedWeights(conditional, plain);
            using (no_grad())
                plain.get_parameter("time_embedding.linear_2.bias")!.add_(conditional.get_parameter("class_embedding.weight")![row]);

            conditional.forward(x, t, full(3, row, dtype: int64)).DistanceTo(plain.forward(x, t, null)).ShouldBeLessThan(1e-4);
        }
    }

    [Fact]
    public void Forward_FractionalTimestep_LiesBetweenItsNeighbours()
    {
        using var network = SmallNetwork.Create(SmallNetwork.Config);
        var (x, _) = SmallNetwork.Input();
        Tensor At(float t) => network.forward(x, full(3, t), null);

        var across = At(50).DistanceTo(At(50.5f));

        across.ShouldBeGreaterThan(0);
        across.ShouldBeLessThan(At(50).DistanceTo(At(52)));
    }

    [Fact]
    public void Forward_CenteredInput_EqualsThePlainNetworkOnTheMovedInput()
    {
        using var centred = SmallNetwork.Create(SmallNetwork.Config with { CenterInputSample = true });
        using var plain = SmallNetwork.Create(SmallNetwork.Config);
        var (x, t) = SmallNetwork.Input();

        centred.forward((x + 1) / 2, t, null).DistanceTo(plain.forward(x, t, null)).ShouldBeLessThan(1e-4);
    }

    [Fact]
    public void Constructor_FreshNetwork_NormalisesWithoutScaleOrShift()
    {
        using var network = new UNet2DModel(SmallNetwork.Config);

        foreach (var (name, parameter) in network.named_parameters().Where(pair => pair.name.Contains("norm")))
            parameter.DistanceTo(name.EndsWith("weight") ? ones_like(parameter) : zeros_like(parameter)).ShouldBe(0, name);
    }

    /// <summary>As diffusers: the middle block's attention is normalised only when the time embedding is added, or when asked.</summary>
    [Theory]
    [InlineData("default", null, true)]
    [InlineData("scale_shift", null, false)]
    [InlineData("scale_shift", 4, true)]
    public void Constructor_MiddleAttention_HasANormalisationWhereDiffusersHasOne(string timeScaleShift, int? groups, bool expected)
    {
        using var network = new UNet2DModel(SmallNetwork.Config with { ResnetTimeScaleShift = timeScaleShift, AttnNormNumGroups = groups });

        network.named_parameters().Any(pair => pair.name == "mid_block.attentions.0.group_norm.weight").ShouldBe(expected);
    }

    [Fact]
    public void Forward_ShapesThatDoNotFit_AreRefusedBeforeTorchSeesThem()
    {
        using var plain = SmallNetwork.Create(SmallNetwork.Config);
        using var conditional = SmallNetwork.Create(SmallNetwork.Config with { NumClassEmbeds = 3 });
        var (x, t) = SmallNetwork.Input();
        var labels = zeros(3, dtype: int64);

        Should.Throw<ArgumentException>(() => plain.forward(x[0], t, null)).ParamName.ShouldBe("x");
        Should.Throw<ArgumentException>(() => plain.forward(cat([x, x], 1), t, null)).ParamName.ShouldBe("x");
        Should.Throw<ArgumentException>(() => plain.forward(x.slice(3, 0, 7, 1), t, null)).ParamName.ShouldBe("x");
        Should.Throw<ArgumentException>(() => plain.forward(x, t.slice(0, 0, 2, 1), null)).ParamName.ShouldBe("timesteps");
        Should.Throw<ArgumentException>(() => plain.forward(x, t, labels)).ParamName.ShouldBe("classLabels");
        Should.Throw<ArgumentException>(() => conditional.forward(x, t, null)).ParamName.ShouldBe("classLabels");
        Should.Throw<ArgumentException>(() => conditional.forward(x, t, zeros(2, dtype: int64))).ParamName.ShouldBe("classLabels");
    }
}
