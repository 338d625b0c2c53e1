using System.Security.Cryptography;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Orchestrator.Editing;

/// <summary>The pictures that go into jobs: taken out of what a client sends, kept with their job under their SHA-256, and read where it runs.</summary>
internal sealed class InputImages(TrajectoryStore trajectories, IJobDatabase database)
{
    /// <summary>Takes the pictures out of a specification, which then names them by their hash.</summary>
    /// <param name="asked">As a client sent it; stays as it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The specification, and the pictures by hash.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT, or NOT_FOUND for another job's image.</exception>
    public async Task<(JobSpec Spec, IReadOnlyDictionary<string, Tensor> Inputs)> TakeAsync(JobSpec asked, CancellationToken cancellationToken)
    {
        var spec = asked.Clone();
        var inputs = new Dictionary<string, Tensor>();
        var violations = new Violations();
        foreach (var (field, image) in spec.InputImages())
        {
            if (await TensorOfAsync(image, $"spec.{field}", violations, cancellationToken) is not { } tensor)
                continue;
            image.Sha256 = Hash(tensor.ToByteArray());
            inputs[image.Sha256] = tensor;
        }
        violations.ThrowIfAny();
        return (spec, inputs);
    }

    /// <summary>The pictures of a list, in float32.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, or NOT_FOUND for another job's image.</exception>
    public async Task<IReadOnlyList<Tensor>> ReadAsync(IReadOnlyList<InputImage> images, string field, CancellationToken cancellationToken)
    {
        var tensors = new List<Tensor>();
        var violations = new Violations();
        for (var k = 0; k < images.Count; k++)
        {
            if (await TensorOfAsync(images[k], $"{field}[{k}]", violations, cancellationToken) is { } tensor)
                tensors.Add(tensor);
        }
        violations.ThrowIfAny();
        return tensors;
    }

    /// <summary>Keeps pictures with a job that is about to be written down.</summary>
    public Task KeepAsync(string jobId, IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken) =>
        Task.WhenAll(inputs.Select(input => trajectories.WriteInputAsync(jobId, input.Key, input.Value.ToByteArray(), cancellationToken)));

    /// <summary>Removes the pictures of a job that was not written down after all.</summary>
    public Task ForgetAsync(string jobId, IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken) =>
        inputs.Count == 0 ? Task.CompletedTask : trajectories.DeleteAsync(jobId, cancellationToken);

    /// <summary>Reads what was kept with a job.</summary>
    /// <exception cref="RpcException">DATA_LOSS: a picture is gone, or is not what it was.</exception>
    public async Task<IReadOnlyDictionary<string, Tensor>> ReadAsync(string jobId, JobSpec spec, CancellationToken cancellationToken)
    {
        var inputs = new Dictionary<string, Tensor>();
        foreach (var (field, image) in spec.InputImages())
            inputs[image.Sha256] = await KeptAsync(jobId, image.Sha256, cancellationToken) ?? throw RpcErrors.DataLoss($"spec.{field}: the picture that was sent is gone.");
        return inputs;
    }

    /// <summary>Reads a picture that was kept with a job; null where that has none such.</summary>
    /// <param name="input">As a client sent it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">DATA_LOSS: the picture is not what it was.</exception>
    public async Task<Tensor?> FindAsync(JobInput? input, CancellationToken cancellationToken)
    {
        var record = RecordId.IsValid(input?.JobId ?? "") ? await database.FindAsync(input!.JobId, cancellationToken) : null;
        // Only what the job names is looked for: the hash is part of a key.
        var isNamed = record is not null && Job.Parser.ParseFrom(record.Job).Spec.InputImages().Any(named => named.Image.Sha256 == input!.Sha256);
        return isNamed ? await KeptAsync(input!.JobId, input.Sha256, cancellationToken) : null;
    }

    private async Task<Tensor?> KeptAsync(string jobId, string hash, CancellationToken cancellationToken)
    {
        var bytes = await trajectories.ReadInputAsync(jobId, hash, cancellationToken);
        if (bytes is not null && Hash(bytes) != hash)
            throw RpcErrors.DataLoss($"The picture {hash} of job {jobId} is no longer as it was.");
        return bytes is null ? null : Tensor.Parser.ParseFrom(bytes);
    }

    /// <summary>A picture in float32; null where it breaks a rule.</summary>
    private async Task<Tensor?> TensorOfAsync(InputImage image, string field, Violations violations, CancellationToken cancellationToken)
    {
        switch (image.SourceCase)
        {
            case InputImage.SourceOneofCase.Pixels:
                if (!TensorCodec.Validate(image.Pixels, $"{field}.pixels", violations))
                    return null;
                var values = TensorCodec.Decode(image.Pixels);
                // Not "outside of", which NaN never is.
                if (!values.All(value => value >= -1 && value <= 1))
                {
                    violations.Add($"{field}.pixels", "must lie within -1 and 1, which are black and white");
                    return null;
                }
                return TensorCodec.Encode(values, [.. image.Pixels.Shape.Select(extent => (int)extent)]);
            case InputImage.SourceOneofCase.JobImage:
                return await FinishedAsync(image.JobImage, field, cancellationToken);
            case InputImage.SourceOneofCase.JobInput:
                return await FindAsync(image.JobInput, cancellationToken)
                    ?? throw RpcErrors.NotFound($"{field}: job '{image.JobInput.JobId}' has no picture '{image.JobInput.Sha256}'.");
            default:
                violations.Add(field, "must be pixels, or the image or a picture of a job");
                return null;
        }
    }

    private async Task<Tensor> FinishedAsync(JobImage image, string field, CancellationToken cancellationToken)
    {
        var record = RecordId.IsValid(image.JobId) ? await database.FindAsync(image.JobId, cancellationToken) : null;
        var job = record is null ? null : Job.Parser.ParseFrom(record.Job);
        var trajectory = job is { State: JobState.Succeeded } && image.Trajectory >= 0 && image.Trajectory < job.Spec.Count
            ? await trajectories.ReadAsync(StretchFolder.Of(record!), image.Trajectory, cancellationToken)
            : null;
        return trajectory is null
            ? throw RpcErrors.NotFound($"{field}: there is no finished image of trajectory {image.Trajectory} of job '{image.JobId}'.")
            : TensorCodec.Encode(Float32Bytes.ToFloats(trajectory.Checkpoint.X), [.. job!.SampleShape]);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
