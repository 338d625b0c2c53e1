using System.Diagnostics;
using Ddpm.Orchestrator.Tests.Running;
using SkiaSharp;

namespace Ddpm.Orchestrator.Tests.Images;

public sealed class PngTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Image_TextChunks_HoldWhatMakesItAgainAndNothingOfTheMoment()
    {
        await using var cluster = await OrchestratorUnderTest.StartAsync(_root.Path);
        var spec = OrchestratorUnderTest.Spec(steps: 5, count: 2);
        spec.Classes = new V1.ClassSelection { Labels = { 1 } };
        spec.GuidanceScale = 2.5f;
        var job = await cluster.SubmitAsync(spec);
        await cluster.FinishAsync(job.Id);

        var text = await ReadTextWithPythonAsync(await cluster.ImageAsync(job.Id, 1));

        using var made = System.Text.Json.JsonDocument.Parse(text["ddpm"]);
        made.RootElement.GetProperty("model").GetString().ShouldBe("toy");
        made.RootElement.GetProperty("version").GetString().ShouldBe(job.Spec.Version);
        made.RootElement.GetProperty("seed").GetUInt64().ShouldBe(7ul);
        made.RootElement.GetProperty("trajectory").GetInt32().ShouldBe(1);
        made.RootElement.GetProperty("class_name").GetString().ShouldBe("dog");
        made.RootElement.GetProperty("guidance_scale").GetDouble().ShouldBe(2.5);
        made.RootElement.GetProperty("engine").GetString().ShouldBe("analytic");
        made.RootElement.GetProperty("sampler_options").GetProperty("variance").GetString().ShouldNotBeEmpty();
        text["ddpm"].ShouldNotContain(job.Id);
    }

    [Fact]
    public async Task Grid_OfFiveImages_IsThreeByTwoWithTheImagesInOrder()
    {
        await using var cluster = await OrchestratorUnderTest.StartAsync(_root.Path);
        var job = await cluster.SubmitAsync(OrchestratorUnderTest.Spec(steps: 5, count: 5));
        await cluster.FinishAsync(job.Id);

        var png = (await cluster.Client.Orchestrator.GetImageGridAsync(
            new V1.GetImageGridRequest { JobId = job.Id }, cancellationToken: TestContext.Current.CancellationToken)).Png;
        using var grid = SKBitmap.Decode(png.ToByteArray());

        var (height, width) = (OrchestratorUnderTest.Shape[1], OrchestratorUnderTest.Shape[2]);
        (grid.Width, grid.Height).ShouldBe((3 * width + 4, 2 * height + 2));
        for (var k = 0; k < 5; k++)
        {
            using var image = SKBitmap.Decode(await cluster.ImageAsync(job.Id, k));
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                    grid.GetPixel(k % 3 * (width + 2) + x, k / 3 * (height + 2) + y).ShouldBe(image.GetPixel(x, y));
            }
        }
        grid.GetPixel(width, 0).Alpha.ShouldBe((byte)0, "the gap");
        grid.GetPixel(grid.Width - 1, grid.Height - 1).Alpha.ShouldBe((byte)0, "the place that is left over");
    }

    /// <summary>A second reader of the format: checks every chunk's CRC with zlib's and answers the texts.</summary>
    private static async Task<Dictionary<string, string>> ReadTextWithPythonAsync(byte[] png)
    {
        const string script = """
            import json, struct, sys, zlib
            data, texts, at = sys.stdin.buffer.read(), {}, 8
            while at < len(data):
                size, kind = struct.unpack(">I4s", data[at:at+8])
                body, crc = data[at+8:at+8+size], struct.unpack(">I", data[at+8+size:at+12+size])[0]
                assert crc == zlib.crc32(kind + body), kind
                if kind == b"tEXt":
                    key, value = body.split(b"\0", 1)
                    texts[key.decode("latin1")] = value.decode("latin1")
                at += 12 + size
            print(json.dumps(texts))
            """;
        using var python = Process.Start(new ProcessStartInfo("python3", ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await python.StandardInput.BaseStream.WriteAsync(png);
        python.StandardInput.Close();
        var output = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        python.ExitCode.ShouldBe(0);
        return System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(output)!;
    }
}
