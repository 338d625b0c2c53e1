namespace Ddpm.Safetensors.Tests;

internal static class Goldens
{
    public static string PythonLibrary => Path.Combine(AppContext.BaseDirectory, "goldens", "python_library.safetensors");
}
