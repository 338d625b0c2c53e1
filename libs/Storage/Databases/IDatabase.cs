using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Databases;

/// <summary>Where the tables of <typeparamref name="TContext"/> are kept, migrated to what it needs.</summary>
internal interface IDatabase<out TContext> : IDisposable
    where TContext : DbContext
{
    /// <summary>A context for one caller, to be given to <see cref="CloseAsync"/> afterwards.</summary>
    TContext Open();

    /// <summary>Takes back what <see cref="Open"/> gave.</summary>
    /// <param name="context">It is not to be used any more.</param>
    /// <param name="hasFailed">Whether the last thing that was asked in it failed.</param>
    ValueTask CloseAsync(DbContext context, bool hasFailed);
}
