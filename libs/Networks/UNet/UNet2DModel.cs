using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>
/// The U-Net of denoising diffusion models (Ho et al. 2020, appendix B) as diffusers' UNet2DModel has it: the same configuration, the same
/// parameter names, the same numbers; and, as extensions, a null class and the time embedding in attention.
/// </summary>
public sealed class UNet2DModel : nn.Module<Tensor, Tensor, Tensor?, Tensor>
{
    // Torch draws fresh weights from one generator for the whole process.
    private static readonly Lock GlobalGenerator = new();

    private readonly Conv2d _convIn;
    private readonly TimestepEmbedding _timeEmbedding;
    private readonly Embedding? _classEmbedding;
    private readonly ModuleList<DownBlock> _downBlocks = nn.ModuleList<DownBlock>();
    private readonly MiddleBlock _middle;
    private readonly ModuleList<UpBlock> _upBlocks = nn.ModuleList<UpBlock>();
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;
    private readonly SeededDropout[] _dropouts;

    /// <summary>A network with fresh weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">Decides the weights, whatever other networks are being made meanwhile; null: chance does.</param>
    /// <exception cref="InvalidConfigException">The configuration breaks a rule.</exception>
    public UNet2DModel(UNetConfig config, long? seed = null) : base(nameof(UNet2DModel))
    {
        config.ThrowIfInvalid();
        Config = config;
        var channels = config.BlockOutChannels;
        lock (GlobalGenerator)
        {
            if (seed is { } given)
                random.manual_seed(given);
            _convIn = nn.Conv2d(config.InChannels, channels[0], 3, padding: 1);
            _timeEmbedding = new TimestepEmbedding(config);
            for (var i = 0; i < channels.Count; i++)
            {
                _downBlocks.append(new DownBlock(config, channels[Math.Max(i - 1, 0)], channels[i],
                    attends: config.DownBlockTypes[i] == "AttnDownBlock2D", downsamples: i < channels.Count - 1));
            }
            _middle = new MiddleBlock(config);
            for (var i = 0; i < channels.Count; i++)
            {
                var resolution = channels.Count - 1 - i;
                _upBlocks.append(new UpBlock(config, channels[Math.Min(resolution + 1, channels.Count - 1)], channels[resolution],
                    channels[Math.Max(resolution - 1, 0)], attends: config.UpBlockTypes[i] == "AttnUpBlock2D", upsamples: resolution > 0));
            }
            _normOut = Normalisation.Groups(config.NormNumGroups, channels[0], config.NormEps);
            _convOut = nn.Conv2d(channels[0], config.OutChannels, 3, padding: 1);
            if (config.NumClassEmbeds is { } classes)
                _classEmbedding = nn.Embedding(classes, config.TimeEmbedDim);
        }

        register_module("conv_in", _convIn);
        register_module("time_embedding", _timeEmbedding);
        if (_classEmbedding is not null)
            register_module("class_embedding", _classEmbedding);
        register_module("down_blocks", _downBlocks);
        register_module("up_blocks", _upBlocks);
        register_module("mid_block", _middle);
        register_module("conv_norm_out", _normOut);
        register_module("conv_out", _convOut);
        // modules() names those of a list more than once.
        _dropouts = [.. modules().OfType<SeededDropout>().Distinct()];
    }

    public UNetConfig Config { get; }

    /// <summary>Takes over the weights of another network.</summary>
    /// <param name="source">Of the same configuration; stays as it is.</param>
    /// <exception cref="ArgumentException">It has another configuration.</exception>
    public void CopyWeights(UNet2DModel source)
    {
        if (source.Config.ToJson() != Config.ToJson())
            throw new ArgumentException("The networks have different configurations.", nameof(source));
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (own, other) in parameters().Zip(source.parameters()))
            own.copy_(other);
    }

    /// <summary>
    /// Rounds the weights of convolutions and attention to bf16, in which they then compute. What is little work and needs the digits stays in
    /// float32: normalisations, the embeddings of timestep and class, the last convolution, and so the prediction. Softmax is float32 inside of
    /// Torch's attention. Gradients have the precision of their weights.
    /// </summary>
    public void UseBfloat16()
    {
        IEnumerable<nn.Module> inner = [_convIn, .. _downBlocks, _middle, .. _upBlocks];
        foreach (var module in inner.SelectMany(block => block.modules().Prepend(block)).Where(module => module is Conv2d or Linear).Distinct())
            module.to(bfloat16);
    }

    /// <summary>Where the weights are; inputs must be there too.</summary>
    public Device Device => _convOut.weight.device;

    /// <summary>Numbers that training changes.</summary>
    public long ParameterCount => parameters().Sum(parameter => parameter.numel());

    /// <summary>
    /// Decides what forward passes in training mode drop from here on, whatever other networks do meanwhile. A network with
    /// <see cref="UNetConfig.Dropout"/> must be given a seed, one for each pass, before it is trained; in evaluation mode it drops nothing.
    /// </summary>
    public void SeedDropout(long seed)
    {
        for (var place = 0; place < _dropouts.Length; place++)
            _dropouts[place].Seed(seed, place);
    }

    /// <summary>Predicts what the network was trained to predict.</summary>
    /// <param name="x">Noisy images [n, in_channels, h, w]; h and w divisible by <see cref="UNetConfig.SizeMultiple"/>.</param>
    /// <param name="timesteps">One timestep for each image, [n], whole or fractional.</param>
    /// <param name="classLabels">One row of the class embedding for each image, [n] int64; null exactly for an unconditional network.</param>
    /// <returns>[n, out_channels, h, w].</returns>
    /// <exception cref="ArgumentException">A shape does not fit; Torch has not seen it.</exception>
    public override Tensor forward(Tensor x, Tensor timesteps, Tensor? classLabels)
    {
        ThrowIfShapesDoNotFit(x, timesteps, classLabels);
        using var scope = NewDisposeScope();
        var embedding = _timeEmbedding.forward(timesteps);
        if (_classEmbedding is not null)
            embedding = embedding + _classEmbedding.forward(classLabels!);
        embedding = embedding.to(_convIn.weight.dtype);
        var hidden = _convIn.Convolve((Config.CenterInputSample ? 2 * x - 1 : x).to(_convIn.weight.dtype));
        var skips = new Stack<Tensor>([hidden]);
        foreach (var block in _downBlocks)
            hidden = block.Forward(hidden, embedding, skips);
        hidden = _middle.forward(hidden, embedding);
        foreach (var block in _upBlocks)
            hidden = block.Forward(hidden, embedding, skips);
        return _convOut.Convolve(nn.functional.silu(_normOut.Normalise(hidden.to(_convOut.weight.dtype)))).MoveToOuterDisposeScope();
    }

    private void ThrowIfShapesDoNotFit(Tensor x, Tensor timesteps, Tensor? classLabels)
    {
        if (x.dim() != 4 || x.shape[1] != Config.InChannels)
            throw new ArgumentException($"x must be [n, {Config.InChannels}, height, width], is [{string.Join(", ", x.shape)}].", nameof(x));
        if (x.shape[0] < 1 || x.shape[2] < 1 || x.shape[3] < 1 || x.shape[2] % Config.SizeMultiple != 0 || x.shape[3] % Config.SizeMultiple != 0)
            throw new ArgumentException($"x must have height and width divisible by {Config.SizeMultiple}, is [{string.Join(", ", x.shape)}].", nameof(x));
        if (timesteps.dim() != 1 || timesteps.shape[0] != x.shape[0])
            throw new ArgumentException($"timesteps must be [{x.shape[0]}], one for each image, is [{string.Join(", ", timesteps.shape)}].", nameof(timesteps));
        if ((classLabels is null) != (_classEmbedding is null))
            throw new ArgumentException(_classEmbedding is null ? "must be null: the network knows no classes." : "must be given: the network is conditioned on a class.", nameof(classLabels));
        if (classLabels is not null && (classLabels.dim() != 1 || classLabels.shape[0] != x.shape[0]))
            throw new ArgumentException($"must be [{x.shape[0]}], one for each image, is [{string.Join(", ", classLabels.shape)}].", nameof(classLabels));
    }
}
