using System.Runtime.InteropServices;

namespace Ddpm.Cli;

/// <summary>
/// The user's Ctrl-C, counted: the first asks to cancel what is under way, the second to leave without waiting for it.
/// SIGTERM counts as the first.
/// </summary>
public sealed class Interrupts : IDisposable
{
    // Wrappers such as timeout(1) signal the process and then its group: that is one interrupt.
    private static readonly TimeSpan SameInterrupt = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenSource _leave = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Set by the first interrupt.</summary>
    public CancellationToken Cancel => _cancel.Token;

    /// <summary>Set by the second.</summary>
    public CancellationToken Leave => _leave.Token;

    /// <summary>Listens to the process's signals, which then no longer end it.</summary>
    public static Interrupts OfProcess()
    {
        var interrupts = new Interrupts();
        long? last = null;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
        {
            interrupts._registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (last is { } earlier && TimeProvider.System.GetElapsedTime(earlier) < SameInterrupt)
                    return;
                last = TimeProvider.System.GetTimestamp();
                interrupts.Raise();
            }));
        }
        return interrupts;
    }

    /// <summary>Interrupts once.</summary>
    public void Raise()
    {
        if (_cancel.IsCancellationRequested)
            _leave.Cancel();
        else
            _cancel.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _cancel.Dispose();
        _leave.Dispose();
    }
}
