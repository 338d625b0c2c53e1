namespace Ddpm.Safetensors;

/// <summary>Files of weights as Python pickles, which can run code when they are read: they are refused by name and never opened.</summary>
public static class PickleFile
{
    private static readonly string[] Extensions = [".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"];

    /// <summary>Whether a file of that name is one.</summary>
    public static bool IsName(string name) => Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
}
