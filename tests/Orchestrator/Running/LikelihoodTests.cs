using Ddpm.Diffusion;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

public sealed class LikelihoodTests : IDisposable
{
    private const int Elements = 24;

    private static readonly float[] Picture = [.. Enumerable.Range(0, Elements).Select(i => MathF.Round(60 * MathF.Sin(i)) / 127.5f)];

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    /// <summary>The network's images are Gaussian: each element has mean 0, or of its class ±½, and standard deviation ¼.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MeasureLikelihood_OfGaussianImages_IsTheirDensity(bool isLocal)
    {
        await using var cluster = await StartAsync(_root.Path, isLocal ? [HasLocalDenoiser] : []);
        float[] other = [.. Picture.Select(value => -0.5f * value)];
        var request = new MeasureLikelihoodRequest
        {
            Model = "toy",
            Images = { Pixels(Picture), Pixels(other) },
            Classes = new ClassSelection { Labels = { 1, 0 } },
            Probes = 2,
            Tolerance = 1e-5,
            Seed = 3,
        };

        var found = await MeasureAsync(cluster, request);

        found.Select(likelihood => likelihood.Image).ShouldBe([0, 1]);
        foreach (var (likelihood, image, mean) in new[] { (found[0], Picture, 0.0), (found[1], other, -0.5) })
        {
            var x = Dequantization.Of(image, request.Seed, likelihood.Image);
            // From the lowest noise that the network knows to ᾱ(1) = exp(−10.05), where x is taken for standard normal though a little of the mean is left.
            var (start, end) = (1 - 1e-4, Math.Exp(-10.05));
            var scale = Math.Sqrt(Variance(end) / Variance(start));
            var density = x.Sum(value =>
            {
                var latent = (Math.Sqrt(end) * mean) + (scale * (value - (Math.Sqrt(start) * mean)));
                return (-0.5 * latent * latent) - (0.5 * Math.Log(2 * Math.PI)) + Math.Log(scale);
            });
            likelihood.LogLikelihood.ShouldBe(density, 0.01);
            likelihood.BitsPerDimension.ShouldBe((-density / (Elements * Math.Log(2))) + 7, 0.001);
            likelihood.Evaluations.ShouldBeGreaterThan(20);
        }
    }

    private static double Variance(double alphaBar) => (alphaBar * 0.25 * 0.25) + 1 - alphaBar;

    [Fact]
    public async Task MeasureLikelihood_BadRequest_NamesTheField()
    {
        await using var cluster = await StartAsync(_root.Path);
        (string Field, Action<MeasureLikelihoodRequest> Change)[] bad =
        [
            ("images", request => request.Images.Clear()),
            ("images", request => request.Images.Add(Enumerable.Repeat(Pixels(Picture), 16))),
            ("images[0].pixels", request => request.Images[0] = Pixels([.. Picture.Select(value => value + 2)])),
            ("images[0]", request => request.Images[0] = new InputImage { Pixels = TensorCodec.Encode(Picture, [1, 6, 4]) }),
            ("probes", request => request.Probes = 65),
            ("tolerance", request => request.Tolerance = double.NaN),
            ("tolerance", request => request.Tolerance = 1),
            ("classes.labels[0]", request => request.Classes = new ClassSelection { Labels = { 2 } }),
            ("model", request => request.Model = "../toy"),
        ];

        foreach (var (field, change) in bad)
        {
            var request = new MeasureLikelihoodRequest { Model = "toy", Images = { Pixels(Picture) } };
            change(request);
            var error = await Should.ThrowAsync<RpcException>(() => MeasureAsync(cluster, request));
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument, field);
            error.FieldViolations().ShouldHaveSingleItem(field).Field.ShouldBe(field);
        }
        (await Should.ThrowAsync<RpcException>(() => MeasureAsync(cluster, new MeasureLikelihoodRequest { Model = "other", Images = { Pixels(Picture) } })))
            .StatusCode.ShouldBe(StatusCode.NotFound);
    }

    private static InputImage Pixels(float[] values) => new() { Pixels = TensorCodec.Encode(values, Shape) };

    private static async Task<List<V1.ImageLikelihood>> MeasureAsync(OrchestratorUnderTest cluster, MeasureLikelihoodRequest request)
    {
        var found = new List<V1.ImageLikelihood>();
        using var call = cluster.Client.Orchestrator.MeasureLikelihood(request, cancellationToken: TestContext.Current.CancellationToken);
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (response.Likelihood is { } likelihood)
                found.Add(likelihood);
        }
        return found;
    }
}
