using Ddpm.Storage.Runs;
using Ddpm.V1;

namespace Ddpm.Trainer.Runs;

/// <summary>The contract's states and the database's, which carry the same numbers.</summary>
internal static class RunStates
{
    public static RunStatus ToStatus(RunState state) => (RunStatus)(int)state;

    public static bool IsEnd(this RunState state) => state is RunState.Succeeded or RunState.Failed or RunState.Stopped;
}
