using System.Globalization;
using Ddpm.Storage.Blobs;
using Google.Protobuf;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>Where a job's trajectories, images and grid are kept.</summary>
internal sealed class TrajectoryStore(IBlobStore blobs)
{
    public async Task<TrajectoryRecord?> ReadAsync(string jobId, int trajectory, CancellationToken cancellationToken) =>
        await blobs.GetAsync(TrajectoryKey(jobId, trajectory), cancellationToken) is { } bytes
            ? TrajectoryRecord.Parser.ParseFrom(bytes)
            : null;

    public Task WriteAsync(string jobId, int trajectory, TrajectoryRecord record, CancellationToken cancellationToken) =>
        blobs.PutAsync(TrajectoryKey(jobId, trajectory), record.ToByteArray(), cancellationToken);

    public Task<byte[]?> ReadImageAsync(string jobId, int trajectory, CancellationToken cancellationToken) =>
        blobs.GetAsync(ImageKey(jobId, trajectory), cancellationToken);

    public Task WriteImageAsync(string jobId, int trajectory, byte[] png, CancellationToken cancellationToken) =>
        blobs.PutAsync(ImageKey(jobId, trajectory), png, cancellationToken);

    public Task<byte[]?> ReadGridAsync(string jobId, CancellationToken cancellationToken) =>
        blobs.GetAsync(GridKey(jobId), cancellationToken);

    public Task WriteGridAsync(string jobId, byte[] png, CancellationToken cancellationToken) =>
        blobs.PutAsync(GridKey(jobId), png, cancellationToken);

    public Task DeleteAsync(string jobId, CancellationToken cancellationToken) =>
        blobs.DeleteFolderAsync(Folder(jobId), cancellationToken);

    private static string Folder(string jobId) => $"jobs/{jobId}";

    private static string TrajectoryKey(string jobId, int trajectory) => $"{Folder(jobId)}/trajectories/{Number(trajectory)}";

    private static string ImageKey(string jobId, int trajectory) => $"{Folder(jobId)}/images/{Number(trajectory)}.png";

    private static string GridKey(string jobId) => $"{Folder(jobId)}/grid.png";

    private static string Number(int trajectory) => trajectory.ToString("D4", CultureInfo.InvariantCulture);
}
