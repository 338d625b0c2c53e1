using System.IO.Compression;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Media;

/// <summary>The files of a version as one zip, written while they come. The same version gives the same bytes.</summary>
internal static class ModelArchive
{
    // Weights do not compress; the zip is there to hold the files together. Its format begins counting time in 1980.
    private static readonly DateTimeOffset Undated = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the zip.</summary>
    /// <param name="parts">An export whose first part is the current one.</param>
    /// <param name="output">Need not be able to seek.</param>
    /// <param name="cancellationToken">Gives up in the middle.</param>
    /// <exception cref="RpcException">The export failed; what is written is no whole zip.</exception>
    public static async Task WriteAsync(IAsyncStreamReader<ExportModelResponse> parts, Stream output, CancellationToken cancellationToken)
    {
        await using var archive = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        Stream? file = null;
        try
        {
            do
            {
                var part = parts.Current;
                if (part.PartCase == ExportModelResponse.PartOneofCase.Chunk)
                {
                    await (file ?? throw RpcErrors.DataLoss("The Trainer sent bytes of no file.")).WriteAsync(part.Chunk.Memory, cancellationToken);
                    continue;
                }
                if (file is not null)
                    await file.DisposeAsync();
                file = await Begin(archive, part.File.Name).OpenAsync(cancellationToken);
            }
            while (await parts.MoveNext(cancellationToken));
        }
        finally
        {
            if (file is not null)
                await file.DisposeAsync();
        }
    }

    private static ZipArchiveEntry Begin(ZipArchive archive, string name)
    {
        // Whoever unpacks the zip must not be led out of his folder.
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
            throw RpcErrors.DataLoss($"The Trainer sent a file by the name '{name}'.");
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Undated;
        return entry;
    }
}
