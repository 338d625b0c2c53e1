using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Databases;

/// <summary>Where the tables of <typeparamref name="TContext"/> are kept, migrated to what it needs.</summary>
internal interface IDatabase<TContext> : IDisposable
    where TContext : DbContext
{
    /// <summary>A context for one caller, who waits for it where others have to be done first, and gives it to <see cref="CloseAsync"/> afterwards.</summary>
    ValueTask<TContext> OpenAsync();

    /// <summary>Takes back what <see cref="OpenAsync"/> gave.</summary>
    /// <param name="context">It is not to be used any more.</param>
    /// <param name="hasFailed">Whether the last thing that was asked in it failed.</param>
    ValueTask CloseAsync(TContext context, bool hasFailed);
}
