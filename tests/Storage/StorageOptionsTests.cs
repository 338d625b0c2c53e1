using System.ComponentModel.DataAnnotations;

namespace Ddpm.Storage.Tests;

public sealed class StorageOptionsTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("Host=postgres;Database=ddpm;Username=ddpm;Password=secret", true)]
    [InlineData("Host=/run/postgresql;Username=ddpm", true)]
    [InlineData("", false)]
    [InlineData("postgres:5432", false)]
    [InlineData("Database=ddpm;Password=secret", false)]
    [InlineData("Host=postgres;Color=blue", false)]
    public void Validate_ADatabase_TakesConnectionStringsWithAHostAndRepeatsNoPassword(string? database, bool isTaken)
    {
        var options = new StorageOptions { Database = database };

        var broken = options.Validate(new ValidationContext(options)).Select(result => result.ErrorMessage!).ToList();

        broken.Count.ShouldBe(isTaken ? 0 : 1);
        broken.ShouldAllBe(message => message.StartsWith("Storage:Database must be") && !message.Contains("secret"));
    }
}
