using Ddpm.Diffusion;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Orchestrator.Editing;
using Ddpm.Orchestrator.Jobs;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Orchestrator.Likelihood;

/// <summary>Finds the log-likelihood of images under a version, one after the other, by the probability-flow ODE.</summary>
internal sealed class LikelihoodMeasurement(InputImages images, JobPlanner planner, IDenoiser denoiser, TimeProvider time)
{
    private const int MaximumImages = 16;
    private const int MaximumProbes = 64;
    private const double DefaultTolerance = 1e-3;
    private const double LeastTolerance = 1e-6;
    private const double GreatestTolerance = 0.1;

    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(0.5);

    /// <param name="request">Checked here.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="report">Takes progress now and then, and each image's likelihood.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">As <c>OrchestratorService.MeasureLikelihood</c> says.</exception>
    public async Task RunAsync(
        MeasureLikelihoodRequest request, string tenant, Func<MeasureLikelihoodResponse, Task> report, CancellationToken cancellationToken)
    {
        Check(request);
        var pictures = await images.ReadAsync(request.Images, "images", cancellationToken);
        var network = await planner.ResolveAsync(request.Model, request.Version, request.Classes, cancellationToken);
        for (var k = 0; k < pictures.Count; k++)
        {
            if (!pictures[k].Shape.SequenceEqual(network.SampleShape.Select(extent => (long)extent)))
                throw RpcErrors.Invalid($"images[{k}]", $"must have the shape [{string.Join(", ", network.SampleShape)}], has [{string.Join(", ", pictures[k].Shape)}]");
        }

        var tolerance = request.Tolerance == 0 ? DefaultTolerance : request.Tolerance;
        var likelihood = new OdeLikelihood<float>(network.Schedule, new LikelihoodOptions { ByTimesteps = true, Probes = Math.Max(1, request.Probes), Tolerance = tolerance });
        var turn = new Turn(tenant, "", Priority.Interactive);
        for (var k = 0; k < pictures.Count; k++)
        {
            var image = Dequantization.Of(TensorCodec.Decode(pictures[k]), request.Seed, k);
            var label = request.Classes.LabelOf(k);
            var reported = time.GetTimestamp();
            var evaluations = 0L;
            var found = await FoundAsync();
            await report(new MeasureLikelihoodResponse
            {
                Likelihood = new V1.ImageLikelihood
                {
                    Image = k,
                    LogLikelihood = found.LogLikelihood[0],
                    BitsPerDimension = found.BitsPerDimension(0),
                    Evaluations = found.Evaluations,
                },
            });

            async Task<Diffusion.ImageLikelihood<float>> FoundAsync()
            {
                try
                {
                    return await likelihood.EvaluateAsync(image, AskAsync, new PhiloxNoise(request.Seed, k), progress: null, cancellationToken);
                }
                catch (Exception e) when (e is DenoiserException or SamplerDivergedException)
                {
                    throw RpcErrors.FailedPrecondition($"images[{k}]: {e.Message}");
                }
            }

            async ValueTask<(float[] Noise, float[] Product)> AskAsync(float[] x, double timestep, float[] vector, CancellationToken cancellation)
            {
                if (time.GetElapsedTime(reported) >= ReportInterval)
                {
                    reported = time.GetTimestamp();
                    await report(new MeasureLikelihoodResponse { Progress = new LikelihoodProgress { Image = k, Timestep = timestep, Evaluations = evaluations } });
                }
                evaluations++;
                var query = new NoiseQuery(request.Model, network.Version, [.. network.SampleShape], x, timestep, label, null, turn);
                return await denoiser.ProductAsync(query, vector, cancellation);
            }
        }
    }

    private static void Check(MeasureLikelihoodRequest request)
    {
        var violations = new Violations();
        if (request.Images.Count is < 1 or > MaximumImages)
            violations.Add("images", $"must be 1 to {MaximumImages}, are {request.Images.Count}");
        if (request.Probes is < 0 or > MaximumProbes)
            violations.Add("probes", $"must be 1 to {MaximumProbes}, or 0 for 1; is {request.Probes}");
        if (request.Tolerance != 0 && !(request.Tolerance >= LeastTolerance && request.Tolerance <= GreatestTolerance))
            violations.Add("tolerance", $"must be {LeastTolerance} to {GreatestTolerance}, or 0 for {DefaultTolerance}; is {request.Tolerance}");
        violations.ThrowIfAny();
    }
}
