using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Jobs;

/// <summary>The same tables in PostgreSQL, which has migrations of its own.</summary>
internal sealed class PostgresJobsContext(DbContextOptions options) : JobsContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // Ids are in the order of their bytes, whatever the database's language.
        modelBuilder.Entity<JobRecord>().Property(j => j.Id).UseCollation("C");
        modelBuilder.Entity<JobEventRecord>().Property(e => e.JobId).UseCollation("C");
    }
}
