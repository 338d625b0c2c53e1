namespace Ddpm.Storage.Tests;

/// <summary>What is to hold of a database, opened anew for each test.</summary>
public abstract class DatabaseContract<TDatabase> : IAsyncLifetime
    where TDatabase : IDisposable
{
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The database under test.</summary>
    protected TDatabase Database { get; set; } = default!;

    public virtual async ValueTask InitializeAsync() => Database = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Database.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens the database of this test.</summary>
    protected abstract Task<TDatabase> OpenAsync();
}
