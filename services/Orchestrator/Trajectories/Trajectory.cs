using Ddpm.Diffusion;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>
/// The path of one image from its start, x_T as a rule, to x_0: its present state and the frames kept so far. Only <see cref="StepAsync"/> moves it;
/// <see cref="Snapshot"/> may be taken at any moment from any thread and is always a state between two steps.
/// </summary>
internal sealed class Trajectory
{
    private readonly Sampler<float> _sampler;
    private readonly FrameSelection _selection;
    private readonly INoiseSource _noise;
    private volatile Position _position;

    private sealed record Position(SamplerState<float> State, Frame[] Frames);

    private Trajectory(int index, Sampler<float> sampler, FrameSelection selection, INoiseSource noise, Position position)
    {
        Index = index;
        _sampler = sampler;
        _selection = selection;
        _noise = noise;
        _position = position;
    }

    public int Index { get; }

    public SamplerState<float> State => _position.State;

    public bool IsFinished => State.Step == _sampler.Steps;

    /// <summary>t of the present state.</summary>
    public double Timestep => _sampler.TimestepAt(State.Step);

    /// <summary>Begins at a state, which is the first frame.</summary>
    public static Trajectory Begin(int index, Sampler<float> sampler, FrameSelection selection, INoiseSource noise, SamplerState<float> start) =>
        new(index, sampler, selection, noise, new Position(start, [FrameOf(sampler, start)]));

    /// <summary>Continues where a record was taken.</summary>
    public static Trajectory Continue(int index, Sampler<float> sampler, FrameSelection selection, INoiseSource noise, TrajectoryRecord record) =>
        new(index, sampler, selection, noise, new Position(SamplerStates.FromCheckpoint(record.Checkpoint), [.. record.Frames]));

    /// <summary>Makes one step of the sampler.</summary>
    public async ValueTask StepAsync(EpsilonModel<float> epsilon, CancellationToken cancellationToken)
    {
        var (state, frames) = _position;
        var next = await _sampler.StepAsync(state, epsilon, _noise, cancellationToken);
        _position = new Position(next, _selection.Keeps(next.Step) ? [.. frames, FrameOf(_sampler, next)] : frames);
    }

    public TrajectoryRecord Snapshot()
    {
        var (state, frames) = _position;
        return new TrajectoryRecord { Checkpoint = SamplerStates.ToCheckpoint(state), Frames = { frames } };
    }

    private static Frame FrameOf(Sampler<float> sampler, SamplerState<float> state) => new()
    {
        Step = state.Step,
        Timestep = sampler.TimestepAt(state.Step),
        AlphaBar = sampler.AlphaBarAt(state.Step),
        X = Float32Bytes.ToBytes(state.X),
        Denoised = Float32Bytes.ToBytes(state.Denoised),
    };
}
