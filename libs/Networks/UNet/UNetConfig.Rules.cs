namespace Ddpm.Networks;

/// <content>The rules that a configuration must keep.</content>
public sealed partial record UNetConfig
{
    private const int MaxChannels = 16384;
    private const int MaxBlocks = 8;
    private const int MaxSide = 4096;

    /// <exception cref="InvalidConfigException">A rule is broken.</exception>
    public void ThrowIfInvalid()
    {
        var violations = Validate().ToList();
        if (violations.Count > 0)
            throw new InvalidConfigException(FileName, violations);
    }

    /// <summary>Every rule that this configuration breaks, by the key's name in config.json.</summary>
    public IEnumerable<FieldViolation> Validate() =>
        [.. Choices(), .. Numbers(), .. Blocks(), .. Classes()];

    private IEnumerable<FieldViolation> Choices()
    {
        if (TimeEmbeddingType != Positional)
            yield return new("time_embedding_type", $"must be 'positional', is '{TimeEmbeddingType}'");
        if (ActFn is not ("silu" or "swish"))
            yield return new("act_fn", $"must be 'silu', is '{ActFn}'");
        if (MidBlockType != "UNetMidBlock2D")
            yield return new("mid_block_type", $"must be 'UNetMidBlock2D', is '{MidBlockType}'");
        if (DownsampleType != "conv")
            yield return new("downsample_type", $"must be 'conv', is '{DownsampleType}'");
        if (UpsampleType != "conv")
            yield return new("upsample_type", $"must be 'conv', is '{UpsampleType}'");
        if (ResnetTimeScaleShift is not ("default" or ScaleShift))
            yield return new("resnet_time_scale_shift", $"must be 'default' or 'scale_shift', is '{ResnetTimeScaleShift}'");
        if (ClassEmbedType is not null)
            yield return new("class_embed_type", $"must be null, is '{ClassEmbedType}'");
        foreach (var (i, type) in DownBlockTypes.Index())
            if (type is not ("DownBlock2D" or "AttnDownBlock2D"))
                yield return new($"down_block_types[{i}]", $"must be 'DownBlock2D' or 'AttnDownBlock2D', is '{type}'");
        foreach (var (i, type) in UpBlockTypes.Index())
            if (type is not ("UpBlock2D" or "AttnUpBlock2D"))
                yield return new($"up_block_types[{i}]", $"must be 'UpBlock2D' or 'AttnUpBlock2D', is '{type}'");
    }

    private IEnumerable<FieldViolation> Numbers()
    {
        if (InChannels is < 1 or > MaxChannels)
            yield return new("in_channels", $"must be 1 … {MaxChannels}, is {InChannels}");
        if (OutChannels is < 1 or > MaxChannels)
            yield return new("out_channels", $"must be 1 … {MaxChannels}, is {OutChannels}");
        if (LayersPerBlock is < 1 or > 16)
            yield return new("layers_per_block", $"must be 1 … 16, is {LayersPerBlock}");
        if (TimeEmbeddingDim is < 1 or > 4 * MaxChannels)
            yield return new("time_embedding_dim", $"must be 1 … {4 * MaxChannels} or null, is {TimeEmbeddingDim}");
        if (!(MidBlockScaleFactor > 0) || !double.IsFinite(MidBlockScaleFactor))
            yield return new("mid_block_scale_factor", $"must be a positive number, is {MidBlockScaleFactor}");
        if (DownsamplePadding is not (0 or 1))
            yield return new("downsample_padding", $"must be 0 or 1, is {DownsamplePadding}");
        if (!(Dropout >= 0 && Dropout < 1))
            yield return new("dropout", $"must be at least 0 and less than 1, is {Dropout}");
        if (!(NormEps > 0 && NormEps < 1))
            yield return new("norm_eps", $"must be more than 0 and less than 1, is {NormEps}");
        if (!double.IsFinite(FreqShift))
            yield return new("freq_shift", $"must be a finite number, is {FreqShift}");
        if (NormNumGroups < 1)
            yield return new("norm_num_groups", $"must be at least 1, is {NormNumGroups}");
        if (AttnNormNumGroups < 1)
            yield return new("attn_norm_num_groups", $"must be at least 1 or null, is {AttnNormNumGroups}");
        if (AttentionHeadDim < 1)
            yield return new("attention_head_dim", $"must be at least 1 or null, is {AttentionHeadDim}");
    }

    private IEnumerable<FieldViolation> Blocks()
    {
        var blocks = BlockOutChannels.Count;
        if (blocks is < 1 or > MaxBlocks)
        {
            yield return new("block_out_channels", $"must have 1 … {MaxBlocks} entries, has {blocks}");
            yield break;
        }
        if (DownBlockTypes.Count != blocks)
            yield return new("down_block_types", $"must have as many entries as block_out_channels ({blocks}), has {DownBlockTypes.Count}");
        if (UpBlockTypes.Count != blocks)
            yield return new("up_block_types", $"must have as many entries as block_out_channels ({blocks}), has {UpBlockTypes.Count}");
        if (BlockOutChannels[0] / 2 - FreqShift <= 0)
            yield return new("freq_shift", $"must be less than half of block_out_channels[0] ({BlockOutChannels[0] / 2}), is {FreqShift}");
        if (SampleSize is { } size && (size.Height < 1 || size.Width < 1 || size.Height > MaxSide || size.Width > MaxSide || size.Height % SizeMultiple != 0 || size.Width % SizeMultiple != 0))
            yield return new("sample_size", $"must be 1 … {MaxSide} and divisible by {SizeMultiple}, as there are {blocks} resolutions; is {size}");
        foreach (var violation in BlockOutChannels.Index().SelectMany(entry => Channels(entry.Index, entry.Item)))
            yield return violation;
        if (AttnNormNumGroups is > 0 and var groups && BlockOutChannels[^1] % groups != 0)
            yield return new("attn_norm_num_groups", $"must divide the last of block_out_channels ({BlockOutChannels[^1]}), is {groups}");
    }

    private IEnumerable<FieldViolation> Channels(int block, int channels)
    {
        var field = $"block_out_channels[{block}]";
        if (channels is < 2 or > MaxChannels)
            yield return new(field, $"must be 2 … {MaxChannels}, is {channels}");
        else if (NormNumGroups > 0 && channels % NormNumGroups != 0)
            yield return new(field, $"must be divisible by norm_num_groups ({NormNumGroups}), is {channels}");
        if (Attends(block) && AttentionHeadDim is > 0 and var head && channels % head != 0)
            yield return new("attention_head_dim", $"must divide {field} ({channels}), where the network attends; is {head}");
    }

    private bool Attends(int block) =>
        DownBlockTypes.ElementAtOrDefault(block) == "AttnDownBlock2D"
        || UpBlockTypes.ElementAtOrDefault(BlockOutChannels.Count - 1 - block) == "AttnUpBlock2D"
        || (AddAttention && block == BlockOutChannels.Count - 1);

    private IEnumerable<FieldViolation> Classes()
    {
        if (NumClassEmbeds < 1)
            yield return new("num_class_embeds", $"must be at least 1 or null, is {NumClassEmbeds}");
        if (NullClassEmbed is { } row && (NumClassEmbeds is not { } rows || row < 0 || row >= rows))
            yield return new("null_class_embed", $"must be a row of the class embedding, 0 … num_class_embeds − 1; is {row}");
    }
}
