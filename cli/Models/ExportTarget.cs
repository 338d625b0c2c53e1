using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Cli.Models;

/// <summary>Where a version is exported to. It is there whole or not at all: everything is written aside first, then renamed.</summary>
/// <param name="path">Full path of what is written.</param>
internal abstract class ExportTarget(string path)
{
    public string FullPath => path;

    /// <summary>What is written, for people and as the name in JSON.</summary>
    public abstract string Kind { get; }

    /// <summary>Receives the version.</summary>
    /// <exception cref="Grpc.Core.RpcException">As <c>ExportModel</c> says; no file is left.</exception>
    public abstract Task WriteAsync(CommandRun run, ModelVersion version);

    /// <summary>What a format writes to a path as it was given.</summary>
    public static ExportTarget Of(ExportFormat format, string given) => format == ExportFormat.Onnx ? new OnnxTarget(given) : new FolderTarget(given);
}

/// <summary>A new folder with the files that were published.</summary>
internal sealed class FolderTarget(string given) : ExportTarget(Path.TrimEndingDirectorySeparator(Path.GetFullPath(given)))
{
    public override string Kind => "folder";

    public override async Task WriteAsync(CommandRun run, ModelVersion version)
    {
        var aside = $"{FullPath}.{Path.GetRandomFileName()}";
        Directory.CreateDirectory(aside);
        try
        {
            await run.Server.Trainer.ExportModelAsync(
                version.Model, version.Version, name => File.Open(Path.Combine(aside, name), FileMode.CreateNew), ExportFormat.Folder, run.Cancelled);
            Directory.Move(aside, FullPath);
        }
        catch
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }
    }
}

/// <summary>A new ONNX file: the one that was given by its ending, otherwise <c>model.onnx</c> in the folder that was given.</summary>
internal sealed class OnnxTarget(string given) : ExportTarget(FileOf(Path.GetFullPath(given)))
{
    private const string FileName = "model.onnx";

    public override string Kind => "file";

    public override async Task WriteAsync(CommandRun run, ModelVersion version)
    {
        var aside = $"{FullPath}.{Path.GetRandomFileName()}";
        try
        {
            await run.Server.Trainer.ExportModelAsync(version.Model, version.Version, name => Create(name, aside), ExportFormat.Onnx, run.Cancelled);
            File.Move(aside, FullPath);
        }
        catch
        {
            if (File.Exists(aside))
                File.Delete(aside);
            throw;
        }
    }

    private static string FileOf(string given) =>
        Path.GetExtension(given).Equals(".onnx", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(given)
            ? given
            : Path.Combine(given, FileName);

    private static FileStream Create(string name, string aside)
    {
        if (name != FileName)
            throw new CommandException(ExitCodes.Failure, $"The server sent {name} instead of {FileName}: it is too old to export to ONNX.");
        Directory.CreateDirectory(Path.GetDirectoryName(aside)!);
        return File.Open(aside, FileMode.CreateNew);
    }
}
