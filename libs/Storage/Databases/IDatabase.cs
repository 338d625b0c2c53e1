using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Databases;

/// <summary>Where the tables of <typeparamref name="TContext"/> are kept, migrated to what it needs.</summary>
internal interface IDatabase<out TContext> : IDisposable
    where TContext : DbContext
{
    TContext Open();
}
