using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Runs;

/// <summary>The same tables in PostgreSQL, which has migrations of its own.</summary>
internal sealed class PostgresRunsContext(DbContextOptions options) : RunsContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // Ids are in the order of their bytes, whatever the database's language.
        modelBuilder.Entity<RunRecord>().Property(r => r.Id).UseCollation("C");
        modelBuilder.Entity<RunEventRecord>().Property(e => e.RunId).UseCollation("C");
    }
}
