using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Following;

/// <summary>The frames kept of one trajectory, and which of them is looked at.</summary>
public sealed class FrameReel(ClusterClients cluster, string jobId)
{
    private int _asked;

    public int Trajectory { get; private set; }

    /// <summary>In the order of steps; null before the first answer.</summary>
    public IReadOnlyList<FrameInfo>? Frames { get; private set; }

    /// <summary>Index into <see cref="Frames"/> of the frame looked at.</summary>
    public int Index { get; private set; }

    public FrameInfo? Current => Frames is { Count: > 0 } frames ? frames[Index] : null;

    public bool IsAtEnd => Frames is not { Count: > 0 } frames || Index == frames.Count - 1;

    public Trouble? Trouble { get; private set; }

    /// <summary>Reads the frames of a trajectory. Whoever looks at the newest frame goes on looking at the newest; anyone else stays at the same step.</summary>
    public async Task LoadAsync(int trajectory, CancellationToken cancellationToken)
    {
        var asked = ++_asked;
        try
        {
            var request = new ListFramesRequest { JobId = jobId, Trajectory = trajectory };
            var answer = await cluster.Orchestrator.ListFramesAsync(request, cluster.Unary(cancellationToken));
            if (asked != _asked)
                return;
            var (step, follow) = (Current?.Step, IsAtEnd);
            (Trajectory, Frames, Trouble) = (trajectory, answer.Frames, null);
            Seek(follow || step is null ? int.MaxValue : IndexOf(answer.Frames, step.Value));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            if (asked == _asked)
                (Trajectory, Frames, Index, Trouble) = (trajectory, [], 0, null);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (asked == _asked)
                Trouble = Trouble.From(e, "Orchestrator");
        }
    }

    /// <summary>Looks at a frame; an index beyond the ends is the end.</summary>
    public void Seek(int index) => Index = Math.Clamp(index, 0, Math.Max(0, (Frames?.Count ?? 0) - 1));

    private static int IndexOf(IReadOnlyList<FrameInfo> frames, int step)
    {
        var index = 0;
        while (index < frames.Count - 1 && frames[index + 1].Step <= step)
            index++;
        return index;
    }
}
