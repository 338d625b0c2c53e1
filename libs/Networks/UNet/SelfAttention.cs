using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>
/// Multi-head attention of an image's positions to each other, with a residual connection (diffusers' Attention as UNet2DModel uses it).
/// With <see cref="UNetConfig.AttentionTimeEmbedding"/> a projection of the time embedding is added to query, key and value.
/// </summary>
internal sealed class SelfAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly long _heads;
    private readonly double _outputScale;
    private readonly GroupNorm? _norm;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _projection;
    private readonly Linear? _timeProjection;

    public SelfAttention(UNetConfig config, long channels, int? normGroups, double outputScale = 1) : base(nameof(SelfAttention))
    {
        _heads = channels / (config.AttentionHeadDim ?? channels);
        _outputScale = outputScale;
        if (normGroups is { } groups)
        {
            _norm = Normalisation.Groups(groups, channels, config.NormEps);
            register_module("group_norm", _norm);
        }
        _query = nn.Linear(channels, channels);
        _key = nn.Linear(channels, channels);
        _value = nn.Linear(channels, channels);
        _projection = nn.Linear(channels, channels);
        register_module("to_q", _query);
        register_module("to_k", _key);
        register_module("to_v", _value);
        register_module("to_out", nn.ModuleList<nn.Module<Tensor, Tensor>>(_projection));
        if (config.AttentionTimeEmbedding)
        {
            _timeProjection = nn.Linear(config.TimeEmbedDim, channels);
            register_module("time_emb_proj", _timeProjection);
        }
    }

    /// <summary>Maps x [n, c, h, w] and the time embedding [n, d] to [n, c, h, w].</summary>
    public override Tensor forward(Tensor x, Tensor timeEmbedding)
    {
        using var scope = NewDisposeScope();
        var (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var positions = (_norm?.Normalise(x) ?? x).flatten(2).transpose(1, 2);
        var (q, k, v) = (_query.forward(positions), _key.forward(positions), _value.forward(positions));
        if (_timeProjection is not null)
        {
            var time = _timeProjection.forward(nn.functional.silu(timeEmbedding)).unsqueeze(1);
            (q, k, v) = (q + time, k + time, v + time);
        }
        var attended = nn.functional.scaled_dot_product_attention(Split(q), Split(k), Split(v));
        var merged = attended.transpose(1, 2).reshape(n, height * width, channels);
        var sum = _projection.forward(merged).transpose(1, 2).reshape(n, channels, height, width) + x;
        return (_outputScale == 1 ? sum : sum / _outputScale).MoveToOuterDisposeScope();

        Tensor Split(Tensor tensor) => tensor.view(n, height * width, _heads, channels / _heads).transpose(1, 2);
    }
}
