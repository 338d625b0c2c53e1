using Ddpm.Safetensors;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>What PyTorch and diffusers computed, see goldens/README.md.</summary>
internal static class Goldens
{
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "goldens", name);

    public static Tensor Float32(this SafetensorsFile file, string name) => tensor(file.ReadFloat32(name), file.Entries[name].Shape);

    public static Tensor Float64(this SafetensorsFile file, string name) => tensor(file.ReadFloat64(name), file.Entries[name].Shape);

    public static Tensor Int64(this SafetensorsFile file, string name) => tensor(file.ReadInt64(name), file.Entries[name].Shape);

    /// <summary>The greatest absolute difference of two tensors, in float64.</summary>
    public static double DistanceTo(this Tensor actual, Tensor expected)
    {
        actual.shape.ShouldBe(expected.shape);
        using var scope = NewDisposeScope();
        return (actual.to(float64) - expected.to(float64)).abs().max().item<double>();
    }
}
