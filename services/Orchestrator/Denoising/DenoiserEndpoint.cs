namespace Ddpm.Orchestrator.Denoising;

/// <summary>One Denoiser: what is under way there, and whether another one had better be asked.</summary>
internal sealed class DenoiserEndpoint(Replica replica, IDenoiserConnection connection, TimeProvider time)
{
    private int _underWay;
    private long _leftAloneUntil = long.MinValue;
    private int _isRetired;

    public Replica Replica => replica;

    /// <summary>Requests that are not answered yet.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Whether it failed so lately, or has shown so little life since, that another one had better be asked.</summary>
    public bool IsLeftAlone => connection.IsDoubtful || time.GetTimestamp() < Interlocked.Read(ref _leftAloneUntil);

    public void LeaveAlone(TimeSpan duration) =>
        Interlocked.Exchange(ref _leftAloneUntil, time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency));

    /// <summary>Asks it something.</summary>
    /// <inheritdoc cref="IDenoiserConnection.PredictAsync" path="/exception"/>
    public async Task<T> AskAsync<T>(Func<IDenoiserConnection, Task<T>> ask)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            return await ask(connection);
        }
        finally
        {
            // Both this and Retire put a full fence between their own write and their look at the other's: one of them sees that it is time.
            if (Interlocked.Decrement(ref _underWay) == 0 && Volatile.Read(ref _isRetired) != 0)
                Close();
        }
    }

    /// <summary>Closes it as soon as nothing is under way; whoever still asks it then finds it closed, and asks another one.</summary>
    public void Retire()
    {
        Interlocked.Exchange(ref _isRetired, 1);
        if (UnderWay == 0)
            Close();
    }

    /// <summary>Closes it now; what is under way over a connection ends with UNAVAILABLE.</summary>
    public void Close() => connection.Dispose();
}
