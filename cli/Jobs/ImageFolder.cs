using System.Globalization;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Jobs;

/// <summary>
/// The folder that a job's images go to: <c>000.png</c>, <c>001.png</c>, … and <c>grid.png</c>. All are written aside and synced before
/// the first is renamed, so that a full disk leaves nothing half-written.
/// </summary>
internal sealed class ImageFolder : IDisposable
{
    private readonly bool _isNew;

    private ImageFolder(string path, bool isNew)
    {
        Path = path;
        _isNew = isNew;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Makes the folder when it is missing, so that a path that cannot be written fails before the job begins.</summary>
    public static ImageFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            var isNew = !Directory.Exists(path);
            Directory.CreateDirectory(path);
            return new ImageFolder(path, isNew);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Failure, $"Cannot make the folder {path}: {e.Message}");
        }
    }

    /// <summary>Fetches a finished job's images and writes them.</summary>
    /// <returns>The files, the grid last.</returns>
    public async Task<IReadOnlyList<string>> SaveAsync(CommandRun run, Job job)
    {
        var orchestrator = run.Server.Client.Orchestrator;
        var files = new List<(string Name, ReadOnlyMemory<byte> Png)>();
        for (var trajectory = 0; trajectory < job.Spec.Count; trajectory++)
        {
            var image = await orchestrator.GetImageAsync(
                new GetImageRequest { JobId = job.Id, Trajectory = trajectory }, cancellationToken: run.Cancelled);
            files.Add((string.Create(CultureInfo.InvariantCulture, $"{trajectory:000}.png"), image.Png.Memory));
        }
        var grid = await orchestrator.GetImageGridAsync(new GetImageGridRequest { JobId = job.Id }, cancellationToken: run.Cancelled);
        files.Add(("grid.png", grid.Png.Memory));
        return Write(files, job.Id);
    }

    /// <summary>Says what was written.</summary>
    public void Report(Results results, Job job, IReadOnlyList<string> files) => results.Write(
        () => new JsonObject
        {
            ["job"] = Results.ToJson(job),
            ["images"] = new JsonArray([.. files.SkipLast(1).Select(file => JsonValue.Create(file))]),
            ["grid"] = files[^1],
        },
        console => console.Profile.Out.Writer.WriteLine(
            $"{job.Spec.Count} image{(job.Spec.Count == 1 ? "" : "s")} and grid.png in {Path}{Environment.NewLine}"
            + $"job {job.Id} · {job.Spec.Model}@{Format.ShortVersion(job.Spec.Version)} · {job.Spec.Sampler} · {job.Spec.Steps} steps · "
            + $"seed {job.Spec.Seed} · {Format.Count(job.Evaluations)} NFE"));

    /// <summary>Takes the folder away again when it was made here and nothing came of it.</summary>
    public void Dispose()
    {
        if (_isNew && Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    private List<string> Write(List<(string Name, ReadOnlyMemory<byte> Png)> files, string jobId)
    {
        string Aside(string name) => System.IO.Path.Combine(Path, $".{name}.{jobId}");
        try
        {
            foreach (var (name, png) in files)
            {
                using var file = new FileStream(Aside(name), FileMode.Create, FileAccess.Write, FileShare.None);
                file.Write(png.Span);
                file.Flush(flushToDisk: true);
            }
            return [.. files.Select(file =>
            {
                var target = System.IO.Path.Combine(Path, file.Name);
                File.Move(Aside(file.Name), target, overwrite: true);
                return target;
            })];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var (name, _) in files)
                File.Delete(Aside(name));
            throw new CommandException(ExitCodes.Failure, $"Cannot write the images to {Path}: {e.Message} They stay with job {jobId}.");
        }
    }
}
