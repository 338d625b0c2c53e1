using System.Collections.Concurrent;

namespace Ddpm.Bench.Subjects;

/// <summary>
/// A thread on which everything of one subject runs, as on the main thread of a program. libtorch keeps a team of further threads for each thread that it is
/// called on, and lets none of them spin once there are more than processors: all other threads here must ask it for one thread alone.
/// </summary>
internal sealed class OwnThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public OwnThread()
    {
        _thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable())
                action();
        });
        _thread.Start();
    }

    public Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }
}
