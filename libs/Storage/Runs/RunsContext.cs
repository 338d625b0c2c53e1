using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Runs;

/// <summary>The tables of training runs and their events.</summary>
internal class RunsContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<RunRecord> Runs => Set<RunRecord>();

    public DbSet<RunEventRecord> Events => Set<RunEventRecord>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<RunRecord>(run =>
        {
            run.ToTable("Runs");
            run.HasKey(r => r.Id);
            run.Property(r => r.Id).HasMaxLength(36);
            run.Property(r => r.RequestId).HasMaxLength(128);
            run.HasIndex(r => r.RequestId).IsUnique();
            run.HasIndex(r => new { r.Status, r.Id });
        });
        modelBuilder.Entity<RunEventRecord>(runEvent =>
        {
            runEvent.ToTable("RunEvents");
            runEvent.HasKey(e => new { e.RunId, e.Number });
            runEvent.Property(e => e.RunId).HasMaxLength(36);
            runEvent.HasOne<RunRecord>().WithMany().HasForeignKey(e => e.RunId).OnDelete(DeleteBehavior.Cascade);
        });
    }
}
