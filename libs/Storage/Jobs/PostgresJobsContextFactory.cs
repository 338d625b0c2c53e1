using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Ddpm.Storage.Jobs;

/// <summary>
/// Lets <c>dotnet ef migrations add NAME --project libs/Storage --context PostgresJobsContext --output-dir Jobs/PostgresMigrations</c> see the tables.
/// </summary>
internal sealed class PostgresJobsContextFactory : IDesignTimeDbContextFactory<PostgresJobsContext>
{
    public PostgresJobsContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder().UseNpgsql().Options);
}
