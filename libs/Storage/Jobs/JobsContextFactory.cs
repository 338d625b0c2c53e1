using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Ddpm.Storage.Jobs;

/// <summary>Lets <c>dotnet ef migrations add NAME --project libs/Storage --context JobsContext</c> see the tables.</summary>
internal sealed class JobsContextFactory : IDesignTimeDbContextFactory<JobsContext>
{
    public JobsContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder().UseSqlite("Data Source=design-time.db").Options);
}
