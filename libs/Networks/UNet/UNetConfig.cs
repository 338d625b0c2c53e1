using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Ddpm.Networks;

/// <summary>
/// The architecture of a <see cref="UNet2DModel"/>: the keys and defaults of config.json as diffusers' UNet2DModel has them (v0.31), with
/// two of our own, <see cref="NullClassEmbed"/> and <see cref="AttentionTimeEmbedding"/>.
/// </summary>
public sealed partial record UNetConfig
{
    public const string FileName = "config.json";
    public const string Positional = "positional";
    public const string ScaleShift = "scale_shift";

    /// <summary>Keys of published configurations that say nothing about the mathematics: provenance and the state of an EMA helper.</summary>
    private static readonly HashSet<string> IgnoredKeys =
    [
        "_class_name", "_diffusers_version", "_name_or_path", "_commit_hash", "num_train_timesteps", "decay", "inv_gamma", "min_decay",
        "optimization_step", "power", "update_after_step", "use_ema_warmup",
    ];

    /// <summary>How the keys of a config.json are read.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>Height and width of the images, in pixels; a single number in the file when they are equal.</summary>
    [JsonConverter(typeof(SampleSizeConverter))]
    public SampleSize? SampleSize { get; init; }

    /// <summary>Channels of x.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>Channels of the prediction.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>Whether x is given in [0, 1] and moved to [−1, 1] first.</summary>
    public bool CenterInputSample { get; init; }

    /// <summary>How a timestep is embedded: only <c>positional</c> (Vaswani et al. 2017, section 3.5).</summary>
    public string TimeEmbeddingType { get; init; } = Positional;

    /// <summary>Features of the time embedding; null: four times the first of <see cref="BlockOutChannels"/>.</summary>
    public int? TimeEmbeddingDim { get; init; }

    /// <summary>Subtracted from the number of frequencies in the exponent's denominator.</summary>
    public double FreqShift { get; init; }

    /// <summary>Whether the cosines come before the sines.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary><c>DownBlock2D</c> or <c>AttnDownBlock2D</c>, from the image inwards.</summary>
    public IReadOnlyList<string> DownBlockTypes { get; init; } = ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"];

    /// <summary><c>UpBlock2D</c> or <c>AttnUpBlock2D</c>, from the middle outwards.</summary>
    public IReadOnlyList<string> UpBlockTypes { get; init; } = ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"];

    /// <summary>Channels of each resolution, from the image inwards.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [224, 448, 672, 896];

    /// <summary>Residual blocks of each down block; an up block has one more.</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Only <c>UNetMidBlock2D</c>.</summary>
    public string MidBlockType { get; init; } = "UNetMidBlock2D";

    /// <summary>Divides the sums in the middle block.</summary>
    public double MidBlockScaleFactor { get; init; } = 1;

    /// <summary>Zeros around an image before the strided convolution; 0 means one row below and one column to the right.</summary>
    public int DownsamplePadding { get; init; } = 1;

    /// <summary>Only <c>conv</c>: a strided convolution.</summary>
    public string DownsampleType { get; init; } = "conv";

    /// <summary>Only <c>conv</c>: nearest neighbours, then a convolution.</summary>
    public string UpsampleType { get; init; } = "conv";

    /// <summary>Probability of dropping an activation inside a residual block while training, 0 … 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Only <c>silu</c> (alias <c>swish</c>).</summary>
    public string ActFn { get; init; } = "silu";

    /// <summary>Channels of one attention head; null: one head over all channels.</summary>
    public int? AttentionHeadDim { get; init; } = 8;

    /// <summary>Groups of every group normalisation.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Groups of the normalisation in the middle block's attention; null: as diffusers chooses, see <see cref="MidAttentionNormGroups"/>.</summary>
    public int? AttnNormNumGroups { get; init; }

    /// <summary>Added to the variance in every group normalisation.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary><c>default</c>: the projected time embedding is added; <c>scale_shift</c>: it scales and shifts (FiLM, Perez et al. 2018).</summary>
    public string ResnetTimeScaleShift { get; init; } = "default";

    /// <summary>Whether the middle block attends.</summary>
    public bool AddAttention { get; init; } = true;

    /// <summary>Only null: class labels are indices into an embedding of <see cref="NumClassEmbeds"/> rows.</summary>
    public string? ClassEmbedType { get; init; }

    /// <summary>Rows of the class embedding, the null class's included; null: the network is unconditional.</summary>
    public int? NumClassEmbeds { get; init; }

    /// <summary>Row of the class embedding that means "no class" (Ho and Salimans 2022); null: the network has no such row. Not a key of diffusers.</summary>
    public int? NullClassEmbed { get; init; }

    /// <summary>Whether a projection of the time embedding is added to query, key and value of every attention. Not a key of diffusers.</summary>
    public bool AttentionTimeEmbedding { get; init; }

    /// <summary>Features of the time embedding that the residual blocks receive.</summary>
    [JsonIgnore]
    public int TimeEmbedDim => TimeEmbeddingDim ?? BlockOutChannels[0] * 4;

    /// <summary>Height and width must be divisible by it.</summary>
    [JsonIgnore]
    public int SizeMultiple => 1 << (BlockOutChannels.Count - 1);

    /// <summary>
    /// Groups of the normalisation before the middle block's attention; null: there is none, as in diffusers when the time embedding scales
    /// and shifts and <see cref="AttnNormNumGroups"/> is null.
    /// </summary>
    [JsonIgnore]
    public int? MidAttentionNormGroups => AttnNormNumGroups ?? (ResnetTimeScaleShift == ScaleShift ? null : NormNumGroups);

    /// <summary>Reads and checks a config.json.</summary>
    /// <exception cref="InvalidConfigException">It breaks a rule; every violation is named.</exception>
    public static UNetConfig Read(string path)
    {
        UNetConfig config;
        try
        {
            config = Parse(File.ReadAllText(path));
        }
        catch (InvalidConfigException e)
        {
            throw new InvalidConfigException(path, e.Violations);
        }
        return config;
    }

    /// <summary>Parses and checks the text of a config.json.</summary>
    /// <exception cref="InvalidConfigException">It breaks a rule; every violation is named.</exception>
    public static UNetConfig Parse(string json)
    {
        JsonObject keys;
        try
        {
            keys = JsonNode.Parse(json) as JsonObject ?? throw new JsonException("must be a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidConfigException(FileName, [new FieldViolation("$", $"is not a JSON object: {e.Message}")]);
        }
        var violations = new List<FieldViolation>();
        if (keys.TryGetPropertyValue("_class_name", out var className) && className?.ToString() is var name && name != nameof(UNet2DModel))
            violations.Add(new("_class_name", $"must be {nameof(UNet2DModel)}, is '{name}'"));
        var known = Json.GetTypeInfo(typeof(UNetConfig)).Properties.Select(property => property.Name).ToHashSet();
        violations.AddRange(keys.Select(pair => pair.Key)
            .Where(key => !known.Contains(key) && !IgnoredKeys.Contains(key))
            .Select(key => new FieldViolation(key, "is not a key of a UNet2DModel that is supported; remove it if it changes nothing")));
        if (violations.Count > 0)
            throw new InvalidConfigException(FileName, violations);
        try
        {
            var config = keys.Deserialize<UNetConfig>(Json)!;
            config.ThrowIfInvalid();
            return config;
        }
        catch (JsonException e)
        {
            throw new InvalidConfigException(FileName, [new FieldViolation(e.Path?.TrimStart('$', '.') ?? "$", "has a value of the wrong type")]);
        }
    }

    /// <summary>The text of a config.json that diffusers and <see cref="Parse"/> read.</summary>
    public string ToJson()
    {
        var keys = JsonSerializer.SerializeToNode(this, Json)!.AsObject();
        keys.Insert(0, "_class_name", nameof(UNet2DModel));
        keys.Insert(1, "_diffusers_version", "0.31.0");
        return keys.ToJsonString(Json) + "\n";
    }
}
