using System.Security.Cryptography;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Cli.Evaluation;

/// <summary>Samples that are to be measured: how they are made, and how many.</summary>
/// <param name="Version">The version that makes them.</param>
/// <param name="Sampler">Sampler.</param>
/// <param name="Options">The sampler's own options.</param>
/// <param name="Steps">Steps of the sampler.</param>
/// <param name="GuidanceScale">1: none.</param>
/// <param name="Seed">Of the first job; each further job takes the next.</param>
/// <param name="Count">Samples.</param>
internal sealed record SampleRequest(ModelVersion Version, string Sampler, Struct Options, int Steps, double GuidanceScale, ulong Seed, int Count)
{
    private const int LargestJob = 64;

    /// <summary>
    /// The jobs that make the samples, the classes dealt out evenly. A job's request id follows from what it is to do: asking again, after an
    /// interruption for example, finds the same jobs.
    /// </summary>
    public IEnumerable<SubmitJobRequest> Jobs()
    {
        var classes = Version.ClassLabels.Count;
        // A multiple of the classes, so that each job has as many samples of each.
        var size = classes is 0 or > LargestJob ? LargestJob : LargestJob / classes * classes;
        for (var first = 0; first < Count; first += size)
        {
            var spec = new JobSpec
            {
                Model = Version.Model,
                Version = Version.Version,
                Sampler = Sampler,
                SamplerOptions = Options,
                Steps = Steps,
                Seed = Seed + (ulong)(first / size),
                Count = Math.Min(size, Count - first),
                Classes = new ClassSelection { Labels = { Enumerable.Range(0, classes) } },
            };
            if (GuidanceScale != 1)
                spec.GuidanceScale = (float)GuidanceScale;
            yield return new SubmitJobRequest { RequestId = $"eval-{Convert.ToHexStringLower(SHA256.HashData(spec.ToByteArray()))}", Spec = spec, Priority = Priority.Bulk };
        }
    }
}
