using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Jobs;

/// <summary>The tables of jobs and their events.</summary>
internal class JobsContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<JobRecord> Jobs => Set<JobRecord>();

    public DbSet<JobEventRecord> Events => Set<JobEventRecord>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<JobRecord>(job =>
        {
            job.ToTable("Jobs");
            job.HasKey(j => j.Id);
            job.Property(j => j.Id).HasMaxLength(36);
            job.Property(j => j.RequestId).HasMaxLength(128);
            job.Property(j => j.Model).HasMaxLength(63);
            job.Property(j => j.Sampler).HasMaxLength(63);
            job.Property(j => j.Stretch).HasMaxLength(36);
            job.HasIndex(j => j.RequestId).IsUnique();
            job.HasIndex(j => new { j.Status, j.Id });
        });
        modelBuilder.Entity<JobEventRecord>(jobEvent =>
        {
            jobEvent.ToTable("JobEvents");
            jobEvent.HasKey(e => new { e.JobId, e.Number });
            jobEvent.Property(e => e.JobId).HasMaxLength(36);
            jobEvent.HasOne<JobRecord>().WithMany().HasForeignKey(e => e.JobId).OnDelete(DeleteBehavior.Cascade);
        });
    }
}
