using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;
using Ddpm.Denoiser;
using Ddpm.Diffusion;

namespace Ddpm.Bench.Parts;

/// <summary>What a durable, watched job costs over the same sampler in a plain loop over the same engine.</summary>
internal sealed class TrajectoryPart : IPart
{
    private const ulong Seed = 7;

    public string Name => "trajectory";

    public string Summary => "a job of one image against the same sampler in a loop over the engine in one process";

    public async Task RunAsync(Report report, int rounds)
    {
        using var shipped = BenchModel.Shipped();
        await RunAsync(report, rounds, shipped, steps: 200, "shipped_trajectory_vs_in_process");
        using var cifar = BenchModel.Cifar();
        await RunAsync(report, Math.Max(3, rounds / 2), cifar, steps: 50, "trajectory_vs_in_process");
    }

    private async Task RunAsync(Report report, int rounds, BenchModel model, int steps, string key)
    {
        await using var standalone = await Cluster.StartAsync(model);
        await using var apart = await Cluster.StartAsync(model, overSocket: true);
        using var network = OfflinePrediction.Open(model.Folder);
        var seconds = await new Contest(rounds).RunAsync(
            new("loop", () => LoopAsync(network, steps)),
            new("job", () => standalone.Client.RunAsync(Jobs.Of(standalone, "ddim", steps, count: 1, Seed))),
            new("job over the socket", () => apart.Client.RunAsync(Jobs.Of(apart, "ddim", steps, count: 1, Seed))));
        Add("job", seconds[1], key);
        Add("job over a Unix domain socket", seconds[2], $"{key}_over_socket");

        void Add(string subject, double[] measured, string name) => report.Add(new Finding(
            Name,
            $"{subject}, {steps} steps of DDIM, one image of {model.Name}",
            PerStep(measured, steps),
            "a loop in one process",
            PerStep(seconds[0], steps),
            Spread.OfSpeedUp(seconds[0], measured),
            name));
    }

    private static async Task LoopAsync(OfflinePrediction network, int steps)
    {
        var ddim = SamplerCatalog.Find("ddim")!;
        var sampler = ddim.Create<float>(network.Network.Schedule, steps, ddim.Defaults());
        var noise = new PhiloxNoise(Seed, 0);
        var x = new float[network.Network.Elements];
        noise.Fill(x.AsSpan(), 0, NoiseUse.Initial);
        var state = sampler.Start(x);
        while (state.Step < sampler.Steps)
        {
            state = await sampler.StepAsync(
                state,
                (image, timestep, _) => ValueTask.FromResult(network.Predict(new NoiseQuery(image, timestep), network.Network.Height, network.Network.Width)),
                noise,
                CancellationToken.None);
        }
    }

    private static string PerStep(double[] seconds, int steps) =>
        string.Create(CultureInfo.InvariantCulture, $"{1000 * Spread.Of(seconds).Median / steps:0.00} ms a step");
}
