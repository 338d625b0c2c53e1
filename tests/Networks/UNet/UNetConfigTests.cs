namespace Ddpm.Networks.UNet;

public sealed class UNetConfigTests
{
    [Theory]
    [InlineData("""{ "block_out_channels": [30, 64, 64, 64] }""", "block_out_channels[0]", "divisible by norm_num_groups (32)")]
    [InlineData("""{ "attention_head_dim": 48 }""", "attention_head_dim", "must divide")]
    [InlineData("""{ "sample_size": 28 }""", "sample_size", "divisible by 8")]
    [InlineData("""{ "sample_size": [32, 30] }""", "sample_size", "divisible by 8")]
    [InlineData("""{ "down_block_types": ["DownBlock2D"] }""", "down_block_types", "as many entries as block_out_channels (4)")]
    [InlineData("""{ "up_block_types": ["AttnUpBlock2D", "AttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"] }""", "up_block_types[2]", "'CrossAttnUpBlock2D'")]
    [InlineData("""{ "block_out_channels": [] }""", "block_out_channels", "1 … 8 entries")]
    [InlineData("""{ "layers_per_block": 0 }""", "layers_per_block", "1 … 16")]
    [InlineData("""{ "dropout": 1 }""", "dropout", "less than 1")]
    [InlineData("""{ "act_fn": "gelu" }""", "act_fn", "must be 'silu'")]
    [InlineData("""{ "time_embedding_type": "fourier" }""", "time_embedding_type", "'positional'")]
    [InlineData("""{ "downsample_type": "resnet" }""", "downsample_type", "'conv'")]
    [InlineData("""{ "resnet_time_scale_shift": "spatial" }""", "resnet_time_scale_shift", "'default' or 'scale_shift'")]
    [InlineData("""{ "class_embed_type": "timestep" }""", "class_embed_type", "must be null")]
    [InlineData("""{ "num_class_embeds": 10, "null_class_embed": 10 }""", "null_class_embed", "0 … num_class_embeds − 1")]
    [InlineData("""{ "null_class_embed": 0 }""", "null_class_embed", "0 … num_class_embeds − 1")]
    [InlineData("""{ "attention_legacy_order": true }""", "attention_legacy_order", "is not a key")]
    [InlineData("""{ "_class_name": "UNet2DConditionModel" }""", "_class_name", "must be UNet2DModel")]
    [InlineData("""{ "in_channels": "three" }""", "in_channels", "wrong type")]
    [InlineData("""{ "in_channels": 0 }""", "in_channels", "must be 1 …")]
    [InlineData("[]", "$", "JSON object")]
    [InlineData("{", "$", "JSON object")]
    public void Parse_BrokenRule_NamesFieldAndRule(string json, string field, string rule)
    {
        var violations = Should.Throw<InvalidConfigException>(() => UNetConfig.Parse(json)).Violations;

        violations.ShouldContain(violation => violation.Field == field && violation.Rule.Contains(rule), string.Join("; ", violations));
    }

    [Fact]
    public void Parse_SeveralBrokenRules_NamesThemAll() =>
        Should.Throw<InvalidConfigException>(() => UNetConfig.Parse("""{ "in_channels": 0, "dropout": -1, "act_fn": "mish" }"""))
            .Violations.Select(violation => violation.Field).ShouldBe(["in_channels", "dropout", "act_fn"], ignoreOrder: true);

    /// <summary>The config.json of google/ddpm-ema-church-256 and its like has keys of an EMA helper.</summary>
    [Fact]
    public void Parse_KeysThatChangeNoMathematics_AreIgnored()
    {
        var config = UNetConfig.Parse("""
            {
              "_class_name": "UNet2DModel", "_diffusers_version": "0.1.1", "_name_or_path": "x", "decay": 0.9999, "inv_gamma": 1.0,
              "min_decay": 0.0, "optimization_step": 5, "power": 0.75, "update_after_step": 0, "use_ema_warmup": false, "sample_size": [32, 64]
            }
            """);

        config.SampleSize.ShouldBe(new SampleSize(32, 64));
        config.AttentionHeadDim.ShouldBe(8);
        config.FlipSinToCos.ShouldBeTrue();
    }

    [Fact]
    public void ToJson_ParsedAgain_IsTheSame()
    {
        var config = SmallNetwork.Config with { NumClassEmbeds = 4, NullClassEmbed = 3, AttentionTimeEmbedding = true, SampleSize = new SampleSize(8, 16) };

        UNetConfig.Parse(config.ToJson()).ToJson().ShouldBe(config.ToJson());
        config.ToJson().ShouldContain("\"null_class_embed\": 3");
    }
}
