using System.Globalization;
using Ddpm.Storage.Blobs;
using Google.Protobuf;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>Where a job's trajectories, images and grid are kept.</summary>
internal sealed class TrajectoryStore(IBlobStore blobs)
{
    /// <summary>Beside the folders of the stretches.</summary>
    private const string Inputs = "inputs";

    public async Task<TrajectoryRecord?> ReadAsync(StretchFolder folder, int trajectory, CancellationToken cancellationToken) =>
        await blobs.GetAsync(TrajectoryKey(folder, trajectory), cancellationToken) is { } bytes
            ? TrajectoryRecord.Parser.ParseFrom(bytes)
            : null;

    public Task WriteAsync(StretchFolder folder, int trajectory, TrajectoryRecord record, CancellationToken cancellationToken) =>
        blobs.PutAsync(TrajectoryKey(folder, trajectory), record.ToByteArray(), cancellationToken);

    public Task<byte[]?> ReadImageAsync(StretchFolder folder, int trajectory, CancellationToken cancellationToken) =>
        blobs.GetAsync(ImageKey(folder, trajectory), cancellationToken);

    public Task WriteImageAsync(StretchFolder folder, int trajectory, byte[] png, CancellationToken cancellationToken) =>
        blobs.PutAsync(ImageKey(folder, trajectory), png, cancellationToken);

    public Task<byte[]?> ReadGridAsync(StretchFolder folder, CancellationToken cancellationToken) =>
        blobs.GetAsync(GridKey(folder), cancellationToken);

    public Task WriteGridAsync(StretchFolder folder, byte[] png, CancellationToken cancellationToken) =>
        blobs.PutAsync(GridKey(folder), png, cancellationToken);

    public Task<byte[]?> ReadInputAsync(string jobId, string hash, CancellationToken cancellationToken) =>
        blobs.GetAsync(InputKey(jobId, hash), cancellationToken);

    public Task WriteInputAsync(string jobId, string hash, byte[] tensor, CancellationToken cancellationToken) =>
        blobs.PutAsync(InputKey(jobId, hash), tensor, cancellationToken);

    /// <summary>Removes what the job's other stretches have left; nothing of a job whose stretches have no names.</summary>
    public async Task KeepOnlyAsync(StretchFolder folder, CancellationToken cancellationToken)
    {
        if (folder.Stretch is null)
            return;
        var job = StretchFolder.JobKey(folder.JobId) + "/";
        var left = (await blobs.ListAsync(StretchFolder.JobKey(folder.JobId), cancellationToken))
            .Select(key => key[job.Length..].Split('/')[0])
            .Distinct()
            .Where(name => name != folder.Stretch && name != Inputs);
        foreach (var name in left)
            await blobs.DeleteFolderAsync(job + name, cancellationToken);
    }

    /// <summary>Removes everything that is kept of a job.</summary>
    public Task DeleteAsync(string jobId, CancellationToken cancellationToken) =>
        blobs.DeleteFolderAsync(StretchFolder.JobKey(jobId), cancellationToken);

    private static string InputKey(string jobId, string hash) => $"{StretchFolder.JobKey(jobId)}/{Inputs}/{hash}";

    private static string TrajectoryKey(StretchFolder folder, int trajectory) => $"{folder.Key}/trajectories/{Number(trajectory)}";

    private static string ImageKey(StretchFolder folder, int trajectory) => $"{folder.Key}/images/{Number(trajectory)}.png";

    private static string GridKey(StretchFolder folder) => $"{folder.Key}/grid.png";

    private static string Number(int trajectory) => trajectory.ToString("D4", CultureInfo.InvariantCulture);
}
