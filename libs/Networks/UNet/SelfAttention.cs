using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>
/// Multi-head attention of an image's positions to each other, with a residual connection (diffusers' Attention as UNet2DModel uses it).
/// With <see cref="UNetConfig.AttentionTimeEmbedding"/> a projection of the time embedding is added to query, key and value.
/// </summary>
internal sealed class SelfAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long heads;
    private readonly double outputScale;
    private readonly GroupNorm? norm;
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear projection;
    private readonly Linear? timeProjection;

    public SelfAttention(UNetConfig config, long channels, int? normGroups, double outputScale = 1) : base(nameof(SelfAttention))
    {
        heads = channels / (config.AttentionHeadDim ?? channels);
        this.outputScale = outputScale;
        if (normGroups is { } groups)
        {
            norm = Normalisation.Groups(groups, channels, config.NormEps);
            register_module("group_norm", norm);
        }
        query = nn.Linear(channels, channels);
        key = nn.Linear(channels, channels);
        value = nn.Linear(channels, channels);
        projection = nn.Linear(channels, channels);
        register_module("to_q", query);
        register_module("to_k", key);
        register_module("to_v", value);
        register_module("to_out", nn.ModuleList<nn.Module<Tensor, Tensor>>(projection));
        if (config.AttentionTimeEmbedding)
        {
            timeProjection = nn.Linear(config.TimeEmbedDim, channels);
            register_module("time_emb_proj", timeProjection);
        }
    }

    /// <summary>Maps x [n, c, h, w] and the time embedding [n, d] to [n, c, h, w].</summary>
    public override Tensor forward(Tensor x, Tensor timeEmbedding)
    {
        using var scope = NewDisposeScope();
        var (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var positions = (norm?.forward(x) ?? x).flatten(2).transpose(1, 2);
        var (q, k, v) = (query.forward(positions), key.forward(positions), value.forward(positions));
        if (timeProjection is not null)
        {
            var time = timeProjection.forward(nn.functional.silu(timeEmbedding)).unsqueeze(1);
            (q, k, v) = (q + time, k + time, v + time);
        }
        var attended = nn.functional.scaled_dot_product_attention(Split(q), Split(k), Split(v));
        var merged = attended.transpose(1, 2).reshape(n, height * width, channels);
        var sum = projection.forward(merged).transpose(1, 2).reshape(n, channels, height, width) + x;
        return (outputScale == 1 ? sum : sum / outputScale).MoveToOuterDisposeScope();

        Tensor Split(Tensor tensor) => tensor.view(n, height * width, heads, channels / heads).transpose(1, 2);
    }
}
