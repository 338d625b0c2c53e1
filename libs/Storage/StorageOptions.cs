using System.ComponentModel.DataAnnotations;

namespace Ddpm.Storage;

/// <summary>Where durable things are kept (section <c>Storage</c>).</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>Folder of models, jobs and images; made when it is not there. Default: <c>./data</c>.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Storage:Root must name a folder.")]
    public string Root { get; set; } = "data";

    /// <summary>Connection string of the PostgreSQL database that keeps jobs and runs, as Npgsql takes it; null: SQLite files in <see cref="Root"/>.</summary>
    public string? Database { get; set; }

    /// <summary>The folder's full path.</summary>
    public string FullRoot => Path.GetFullPath(Root);
}
