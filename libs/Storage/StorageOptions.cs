using System.ComponentModel.DataAnnotations;
using Ddpm.Storage.Blobs;
using Npgsql;

namespace Ddpm.Storage;

/// <summary>Where durable things are kept (section <c>Storage</c>).</summary>
public sealed class StorageOptions : IValidatableObject
{
    public const string Section = "Storage";

    /// <summary>Folder of models, jobs and images; made when it is not there. Default: <c>./data</c>.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Storage:Root must name a folder.")]
    public string Root { get; set; } = "data";

    /// <summary>
    /// Connection string of the PostgreSQL database that keeps jobs and runs, as Npgsql takes it; null: SQLite files in <see cref="Root"/>. Any number of Orchestrators may
    /// share it, and one Trainer, which holds a lock there by a session of its own: a proxy in between must leave it that.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>The bucket that keeps trajectories and images; null: files in <see cref="Root"/>.</summary>
    public S3Options? S3 { get; set; }

    /// <summary>The folder's full path.</summary>
    public string FullRoot => Path.GetFullPath(Root);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Database is not null && !IsConnection(Database))
            // Not the value: it may hold a password.
            yield return new ValidationResult($"{Section}:{nameof(Database)} must be a connection string with a host, as in Host=postgres;Database=ddpm;Username=ddpm;Password=….");
        foreach (var broken in S3?.Validate(validationContext) ?? [])
            yield return broken;
    }

    private static bool IsConnection(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
