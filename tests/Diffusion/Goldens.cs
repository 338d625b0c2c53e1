using System.Text.Json;
using Ddpm.Safetensors;

namespace Ddpm.Diffusion.Tests;

/// <summary>The recorded files; see goldens/README.md.</summary>
internal static class Goldens
{
    public static readonly SafetensorsFile Schedules = Open("schedules");
    public static readonly SafetensorsFile Ddim = Open("diffusers_ddim");
    public static readonly SafetensorsFile Ddpm = Open("diffusers_ddpm");
    public static readonly SafetensorsFile Solvers = Open("diffusers_solvers");
    public static readonly SafetensorsFile ScoreSde = Open("score_sde");
    public static readonly SafetensorsFile Analytic = Open("analytic");
    public static readonly SafetensorsFile Noise = Open("noise");

    private static readonly JsonElement Manifest =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "goldens", "manifest.json"))).RootElement;

    /// <summary>The recorded trajectories of a file.</summary>
    public static IEnumerable<JsonProperty> Runs(string file) => Manifest.GetProperty($"{file}.safetensors").GetProperty("runs").EnumerateObject();

    public static JsonElement Run(string file, string name) => Manifest.GetProperty($"{file}.safetensors").GetProperty("runs").GetProperty(name);

    private static SafetensorsFile Open(string name) =>
        SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "goldens", $"{name}.safetensors"));
}
