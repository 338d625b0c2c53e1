using Ddpm.Imaging;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Evaluation;

/// <summary>The images of some jobs as one set.</summary>
/// <param name="Spec">What the jobs have in common.</param>
/// <param name="Shape">Of each image.</param>
/// <param name="Pixels">[n, channels, height, width].</param>
/// <param name="Labels">Class of each; empty: they have none.</param>
internal sealed record SampleSet(JobSpec Spec, ImageShape Shape, byte[] Pixels, IReadOnlyList<int> Labels)
{
    public int Count => Pixels.Length / Shape.Size;
}

/// <summary>Fetches the images of jobs from the Orchestrator.</summary>
internal sealed class JobSamples(OrchestratorConnection orchestrator)
{
    /// <param name="jobIds">At least one.</param>
    /// <param name="progress">Hears how many images are there, of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">NOT_FOUND, FAILED_PRECONDITION or INVALID_ARGUMENT as EvaluateJobs says.</exception>
    public async Task<SampleSet> FetchAsync(IReadOnlyList<string> jobIds, Func<int, int, Task> progress, CancellationToken cancellationToken)
    {
        var client = orchestrator.Client ?? throw RpcErrors.FailedPrecondition(OrchestratorConnection.Missing);
        var jobs = new List<Job>();
        foreach (var id in jobIds)
            jobs.Add((await client.Orchestrator.GetJobAsync(new GetJobRequest { JobId = id }, cancellationToken: cancellationToken)).Job);
        ThrowUnlessOneSet(jobs);

        var total = jobs.Sum(job => job.Spec.Count);
        var (pixels, labels) = (new MemoryStream(), new List<int>());
        ImageShape? shape = null;
        foreach (var (job, trajectory) in jobs.SelectMany(job => Enumerable.Range(0, job.Spec.Count).Select(trajectory => (job, trajectory))))
        {
            var answer = await client.Orchestrator.GetImageAsync(new GetImageRequest { JobId = job.Id, Trajectory = trajectory }, cancellationToken: cancellationToken);
            var image = ImageDecoder.Decode(answer.Png.ToByteArray());
            shape ??= new ImageShape(image.Channels, image.Height, image.Width);
            if ((long)total * shape.Value.Size > ReferenceImages.MostBytes)
                throw RpcErrors.Invalid("job_ids", $"must have at most {ReferenceImages.MostBytes} bytes of images together, {total} images of {shape} have more");
            pixels.Write(ImageFitter.Fit(image, shape.Value, ImageFit.Crop));
            if (job.Spec.Classes?.Labels is { Count: > 0 } classes)
                labels.Add(classes[trajectory % classes.Count]);
            await progress((int)(pixels.Length / shape.Value.Size), total);
        }
        return new SampleSet(jobs[0].Spec, shape!.Value, pixels.ToArray(), labels);
    }

    private static void ThrowUnlessOneSet(IReadOnlyList<Job> jobs)
    {
        if (jobs.FirstOrDefault(job => job.State != JobState.Succeeded) is { } unfinished)
            throw RpcErrors.FailedPrecondition($"Job {unfinished.Id} has not succeeded: it is {unfinished.State}.");
        if (jobs.DistinctBy(job => job.Spec.Seed).Count() != jobs.Count)
            throw RpcErrors.Invalid("job_ids", "must be jobs of different seeds: two of one seed have the same images");
        if (jobs.Select(job => Common(job.Spec)).Distinct().Count() > 1)
            throw RpcErrors.Invalid("job_ids", "must be jobs that differ in seed and count alone");
    }

    private static JobSpec Common(JobSpec spec) => new(spec) { Seed = 0, Count = 0 };
}
