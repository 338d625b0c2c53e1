namespace Ddpm.Storage.Models;

/// <summary>What a network was trained to predict.</summary>
public enum PredictionTarget
{
    Epsilon,
    V,
    Sample,
}

/// <summary>How β_t depends on t.</summary>
public enum BetaScheduleName
{
    Linear,
    ScaledLinear,
    Cosine,
    Sigmoid,
}

/// <summary>What a checkpoint folder says of its network, read without loading it.</summary>
/// <param name="SampleShape">[C, H, W] of one image.</param>
/// <param name="Target">What the network predicts.</param>
/// <param name="BetaSchedule">Its noise schedule.</param>
/// <param name="Timesteps">T.</param>
/// <param name="BetaStart">β_0.</param>
/// <param name="BetaEnd">β_{T−1}.</param>
/// <param name="ClassLabels">Names of the classes, index = label; empty when unconditional.</param>
/// <param name="SupportsGuidance">Whether there is a null class for classifier-free guidance.</param>
/// <param name="PredictsVariance">Whether the network predicts the variance of the reverse process beside ε.</param>
/// <param name="ParameterCount">Number of weights.</param>
public sealed record ModelDescription(
    IReadOnlyList<int> SampleShape,
    PredictionTarget Target,
    BetaScheduleName BetaSchedule,
    int Timesteps,
    double BetaStart,
    double BetaEnd,
    IReadOnlyList<string> ClassLabels,
    bool SupportsGuidance,
    bool PredictsVariance,
    long ParameterCount);
