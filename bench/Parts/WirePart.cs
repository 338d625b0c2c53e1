using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;
using Ddpm.Denoiser;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Bench.Parts;

/// <summary>A row's way to the Denoiser and back with an engine that takes no time: codec, transport, checks and scheduling.</summary>
internal sealed class WirePart : IPart
{
    private const int Rows = 32;

    public string Name => "wire";

    public string Summary => "a row's way to the Denoiser and back at 12 KB, 192 KB and 3 MB, over TCP and a Unix domain socket";

    public async Task RunAsync(Report report, int rounds)
    {
        foreach (var pixels in (int[])[32, 128, 512])
        {
            using var model = BenchModel.OfSize(pixels);
            await using var tcp = await StreamedRows.StartAsync(model, new InstantEngine(), overTcp: true);
            await using var socket = await StreamedRows.StartAsync(model, new InstantEngine());
            NetworkRow[] row = [new NetworkRow(model.Noise(0), 500, null)];
            var seconds = await new Contest(rounds).RunAsync(
                new("TCP", () => OneByOneAsync(tcp, row)),
                new("socket", () => OneByOneAsync(socket, row)));
            var bytes = new NoiseRow { X = TensorCodec.Encode(row[0].X, model.Shape), Timestep = 500 }.CalculateSize();
            report.Add(new Finding(
                Name,
                string.Create(CultureInfo.InvariantCulture, $"row of 3×{pixels}×{pixels}, {bytes:N0} bytes each way, Unix domain socket"),
                Microseconds(seconds[1]),
                "TCP",
                Microseconds(seconds[0]),
                Spread.OfSpeedUp(seconds[0], seconds[1])));
        }
    }

    private static async Task OneByOneAsync(StreamedRows stream, NetworkRow[] row)
    {
        for (var i = 0; i < Rows; i++)
            await stream.EvaluateAsync(row);
    }

    private static string Microseconds(double[] seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{1e6 * Spread.Of(seconds).Median / Rows:N0} µs");
}
