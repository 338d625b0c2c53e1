using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Ddpm.Storage.Runs;

/// <summary>
/// Lets <c>dotnet ef migrations add NAME --project libs/Storage --context PostgresRunsContext --output-dir Runs/PostgresMigrations</c> see the tables.
/// </summary>
internal sealed class PostgresRunsContextFactory : IDesignTimeDbContextFactory<PostgresRunsContext>
{
    public PostgresRunsContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder().UseNpgsql().Options);
}
