using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Safetensors;
using Ddpm.Trainer.Recipes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <param name="Loss">Mean loss of the images before the step.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient before clipping.</param>
/// <param name="Quartiles">The loss by noise level.</param>
public readonly record struct StepResult(double Loss, double GradientNorm, QuartileLosses Quartiles);

/// <param name="Images">x_0, [n, c, h, w].</param>
/// <param name="Noise">ε, of that shape.</param>
/// <param name="Timesteps">[n].</param>
/// <param name="Labels">[n], for a conditional network.</param>
/// <param name="DropoutSeed">Decides the network's dropout masks.</param>
internal sealed record NoisyBatch(Tensor Images, Tensor Noise, Tensor Timesteps, Tensor? Labels, long DropoutSeed);

/// <summary>One network under optimisation: loss, Adam, clipping and the moving average, all in float32 but for the network's own arithmetic.</summary>
internal sealed class Optimisation : IDisposable
{
    private const string StepsName = "steps";
    private const string RecentLossName = "recent_loss";
    private const double RecentLossWeight = 0.02;
    private const double RecentSteps = 4;

    private readonly Recipe _recipe;
    private readonly DenoisingLoss _loss;
    private readonly OptimizerHelper _adam;
    private readonly MovingAverage _movingAverage;
    private readonly Bfloat16Copy? _copy;

    /// <param name="recipe">The recipe.</param>
    /// <param name="network">Is trained, on the device that it is on, its weights float32 whatever the precision; stays the caller's.</param>
    /// <param name="averaged">Receives the moving average, on the same device; stays the caller's.</param>
    /// <param name="schedule">ᾱ_t for every timestep.</param>
    public Optimisation(Recipe recipe, UNet2DModel network, UNet2DModel averaged, NoiseSchedule schedule)
    {
        _recipe = recipe;
        Network = network;
        Averaged = averaged;
        _loss = new DenoisingLoss(recipe, schedule.AlphaBars, network.Device);
        var training = recipe.Training;
        _adam = training.Optimizer == "adamw"
            ? optim.AdamW(network.parameters(), training.LearningRate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: training.WeightDecay)
            : optim.Adam(network.parameters(), training.LearningRate, beta1: 0.9, beta2: 0.999, eps: 1e-8);
        _movingAverage = new MovingAverage(averaged, network);
        _copy = training.Precision == "bf16" ? new Bfloat16Copy(network) : null;
    }

    public UNet2DModel Network { get; }

    public UNet2DModel Averaged { get; }

    public long StepsDone { get; private set; }

    /// <summary>The loss, smoothed over some fifty steps, and over the last quarter of fewer than two hundred.</summary>
    public double RecentLoss { get; private set; }

    /// <summary>One step down the mean loss of some batches of one size, whose gradients are added up one after the other.</summary>
    /// <param name="batches">As many as the recipe's gradient_accumulation_steps.</param>
    public StepResult Step(IEnumerable<NoisyBatch> batches)
    {
        foreach (var group in _adam.ParamGroups)
            group.LearningRate = LearningRate.At(_recipe.Training, StepsDone);
        _adam.zero_grad();
        _copy?.TakeWeights();
        var (loss, quartiles) = (0.0, default(QuartileLosses));
        foreach (var batch in batches)
        {
            var losses = AddGradient(batch);
            loss += losses.Loss / _recipe.Training.GradientAccumulationSteps;
            quartiles += losses.Quartiles;
        }
        var norm = nn.utils.clip_grad_norm_(Network.parameters(), _recipe.Training.GradientClipNorm ?? double.PositiveInfinity);
        _adam.step();
        _movingAverage.Update(_recipe.Training.EmaWarmup ? MovingAverage.WarmedUp(_recipe.Training.EmaDecay, StepsDone) : _recipe.Training.EmaDecay);
        RecentLoss += Math.Max(RecentLossWeight, RecentSteps / Math.Max(StepsDone + 1, RecentSteps)) * (loss - RecentLoss);
        StepsDone++;
        return new StepResult(loss, norm, quartiles);
    }

    private (double Loss, QuartileLosses Quartiles) AddGradient(NoisyBatch batch)
    {
        using var scope = NewDisposeScope();
        var network = _copy?.Network ?? Network;
        network.SeedDropout(batch.DropoutSeed);
        var prediction = network.forward(_loss.Disturb(batch.Images, batch.Noise, batch.Timesteps), batch.Timesteps, batch.Labels);
        var losses = _loss.Of(prediction, batch.Images, batch.Noise, batch.Timesteps);
        var mean = losses.mean();
        (mean / _recipe.Training.GradientAccumulationSteps).backward();
        _copy?.GiveGradient();
        var quartiles = QuartileLosses.Of(
            losses.detach().cpu().data<float>().ToArray(), batch.Timesteps.cpu().data<long>().ToArray(), _recipe.Schedule.NumTrainTimesteps);
        return (mean.item<float>(), quartiles);
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
        foreach (var moments in _adam.state_dict().State)
            Moments.Of(moments).SetStep(StepsDone);
    }

    /// <summary>Reads only the moving average of what <see cref="Save"/> added.</summary>
    /// <param name="file">Of the recipe of the network.</param>
    /// <param name="network">Takes the weights.</param>
    /// <returns>Steps behind the weights, and the recent loss.</returns>
    /// <exception cref="SafetensorsException">A tensor is missing.</exception>
    public static (long Steps, double RecentLoss) ReadAveraged(SafetensorsFile file, UNet2DModel network)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, parameter) in network.named_parameters())
            parameter.copy_(torch.tensor(file.ReadFloat32(AveragedName(name)), parameter.shape));
        return (file.ReadInt64(StepsName)[0], file.ReadFloat64(RecentLossName)[0]);
    }

    private static string AveragedName(string parameter) => $"averaged.{parameter}";

    private IEnumerable<(string Name, Tensor Tensor)> State()
    {
        var moments = _adam.state_dict().State.Select(Moments.Of);
        foreach (var ((name, parameter), moment) in Network.named_parameters().Zip(moments))
        {
            yield return ($"network.{name}", parameter);
            yield return ($"exp_avg.{name}", moment.First);
            yield return ($"exp_avg_sq.{name}", moment.Second);
        }
        foreach (var (name, parameter) in Averaged.named_parameters())
            yield return (AveragedName(name), parameter);
    }

    public void Dispose()
    {
        _copy?.Dispose();
        _adam.Dispose();
        _loss.Dispose();
    }
}
