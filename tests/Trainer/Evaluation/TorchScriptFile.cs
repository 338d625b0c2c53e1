using System.IO.Compression;
using System.Text;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Writes a TorchScript file by hand: a zip with a module without weights as a pickle, and its forward as text.</summary>
internal static class TorchScriptFile
{
    private const string Module = "\u0080\u0002c__torch__\nTiny\n)\u0081}X\u0008\0\0\0training\u0089sb.";
    private const string NoConstants = "\u0080\u0002).";

    /// <param name="path">The file.</param>
    /// <param name="expression">What forward returns, of the images <c>x</c>.</param>
    public static void Write(string path, string expression)
    {
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        Add(zip, "tiny/data.pkl", Module);
        Add(zip, "tiny/constants.pkl", NoConstants);
        Add(zip, "tiny/version", "3\n");
        Add(zip, "tiny/code/__torch__.py", $"""
            class Tiny(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              def forward(self: __torch__.Tiny,
                x: Tensor) -> Tensor:
                return {expression}

            """);
    }

    private static void Add(ZipArchive zip, string name, string content)
    {
        using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(Encoding.Latin1.GetBytes(content));
    }
}
