using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Ddpm.Storage.Runs;

/// <summary>Lets <c>dotnet ef migrations add NAME --project libs/Storage --context RunsContext --output-dir Runs/Migrations</c> see the tables.</summary>
internal sealed class RunsContextFactory : IDesignTimeDbContextFactory<RunsContext>
{
    public RunsContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder().UseSqlite("Data Source=design-time.db").Options);
}
