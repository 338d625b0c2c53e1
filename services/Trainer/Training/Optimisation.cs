using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Safetensors;
using Ddpm.Trainer.Recipes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <param name="Loss">Mean squared error of the batch before the step.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient before clipping.</param>
public readonly record struct StepResult(double Loss, double GradientNorm);

/// <summary>One network under optimisation: the loss of Ho et al. 2020 (equation 14), Adam, clipping and the moving average.</summary>
internal sealed class Optimisation : IDisposable
{
    private const string StepsName = "steps";
    private const string RecentLossName = "recent_loss";
    private const double RecentLossWeight = 0.02;

    private readonly Recipe _recipe;
    private readonly Tensor _signalRates;
    private readonly Tensor _noiseRates;
    private readonly Adam _adam;
    private readonly MovingAverage _movingAverage;

    /// <param name="recipe">The recipe.</param>
    /// <param name="network">Is trained; stays the caller's.</param>
    /// <param name="averaged">Receives the moving average; stays the caller's.</param>
    /// <param name="schedule">ᾱ_t for every timestep.</param>
    public Optimisation(Recipe recipe, UNet2DModel network, UNet2DModel averaged, NoiseSchedule schedule)
    {
        _recipe = recipe;
        Network = network;
        Averaged = averaged;
        using var scope = NewDisposeScope();
        var alphaBar = tensor(schedule.AlphaBars.ToArray());
        _signalRates = alphaBar.sqrt().to(float32).DetachFromDisposeScope();
        _noiseRates = (1 - alphaBar).sqrt().to(float32).DetachFromDisposeScope();
        _adam = optim.Adam(network.parameters(), recipe.Training.LearningRate, beta1: 0.9, beta2: 0.999, eps: 1e-8);
        _movingAverage = new MovingAverage(averaged, network);
    }

    public UNet2DModel Network { get; }

    public UNet2DModel Averaged { get; }

    public long StepsDone { get; private set; }

    /// <summary>The loss, smoothed over some fifty steps.</summary>
    public double RecentLoss { get; private set; }

    /// <summary>
    /// One step on images x_0 [n, c, h, w], noise ε of that shape, timesteps [n] and, for a conditional network, labels [n]:
    /// x_t = √ᾱ_t·x_0 + √(1 − ᾱ_t)·ε, and the mean of (prediction − target)² falls.
    /// </summary>
    public StepResult Step(Tensor images, Tensor noise, Tensor timesteps, Tensor? labels)
    {
        using var scope = NewDisposeScope();
        foreach (var group in _adam.ParamGroups)
            group.LearningRate = LearningRate.At(_recipe.Training, StepsDone);
        var signal = _signalRates.index_select(0, timesteps).reshape(-1, 1, 1, 1);
        var disturbance = _noiseRates.index_select(0, timesteps).reshape(-1, 1, 1, 1);
        var target = _recipe.Schedule.PredictionType switch
        {
            "epsilon" => noise,
            "v_prediction" => signal * noise - disturbance * images,
            _ => images,
        };
        _adam.zero_grad();
        var loss = nn.functional.mse_loss(Network.forward(signal * images + disturbance * noise, timesteps, labels), target);
        loss.backward();
        var norm = nn.utils.clip_grad_norm_(Network.parameters(), _recipe.Training.GradientClipNorm ?? double.PositiveInfinity);
        _adam.step();
        _movingAverage.Update(_recipe.Training.EmaWarmup ? MovingAverage.WarmedUp(_recipe.Training.EmaDecay, StepsDone) : _recipe.Training.EmaDecay);
        var result = new StepResult(loss.item<float>(), norm);
        RecentLoss += (StepsDone == 0 ? 1 : RecentLossWeight) * (result.Loss - RecentLoss);
        StepsDone++;
        return result;
    }

    /// <summary>Adds the weights, their average, Adam's moments and the number of steps.</summary>
    public void Save(SafetensorsWriter writer)
    {
        foreach (var (name, tensor) in State())
        {
            using var values = tensor.detach().cpu().contiguous();
            writer.Add(name, values.data<float>().ToArray(), values.shape);
        }
        writer.Add(StepsName, new[] { StepsDone }, [1]);
        writer.Add(RecentLossName, new[] { RecentLoss }, [1]);
    }

    /// <summary>Takes over what <see cref="Save"/> added.</summary>
    /// <exception cref="SafetensorsException">A tensor is missing.</exception>
    public void Restore(SafetensorsFile file)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in State())
            tensor.copy_(torch.tensor(file.ReadFloat32(name), tensor.shape));
        StepsDone = file.ReadInt64(StepsName)[0];
        RecentLoss = file.ReadFloat64(RecentLossName)[0];
        foreach (var moments in _adam.state_dict().State.Cast<Adam.State>())
            moments.step = StepsDone;
    }

    private IEnumerable<(string Name, Tensor Tensor)> State()
    {
        var moments = _adam.state_dict().State.Cast<Adam.State>();
        foreach (var ((name, parameter), moment) in Network.named_parameters().Zip(moments))
        {
            yield return ($"network.{name}", parameter);
            yield return ($"exp_avg.{name}", moment.exp_avg);
            yield return ($"exp_avg_sq.{name}", moment.exp_avg_sq);
        }
        foreach (var (name, parameter) in Averaged.named_parameters())
            yield return ($"averaged.{name}", parameter);
    }

    public void Dispose()
    {
        _adam.Dispose();
        _signalRates.Dispose();
        _noiseRates.Dispose();
    }
}
