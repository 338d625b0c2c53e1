using Ddpm.Safetensors;

namespace Ddpm.Cli.Predict;

/// <summary>What <c>ddpm predict</c> is asked for: <c>x</c> [n, C, H, W], <c>t</c> [n] and, optionally, <c>class</c> [n].</summary>
/// <param name="X">x_t of all images, row-major.</param>
/// <param name="Shape">[n, C, H, W].</param>
/// <param name="Timesteps">t of each image; may be fractional.</param>
/// <param name="Classes">Class label of each image; null: none.</param>
internal sealed record PredictionInput(float[] X, long[] Shape, double[] Timesteps, long[]? Classes)
{
    private const string Images = "x";
    private const string Times = "t";
    private const string Labels = "class";

    public int Count => (int)Shape[0];

    public int Height => (int)Shape[2];

    public int Width => (int)Shape[3];

    /// <exception cref="CommandException">A tensor is missing or does not have the shape that it must have.</exception>
    /// <exception cref="SafetensorsException">The file breaks a rule of its format.</exception>
    public static PredictionInput Read(string path)
    {
        using var file = Open(path);
        var shape = Require(file, Images).Shape;
        if (shape.Length != 4 || shape.Any(extent => extent < 1))
            throw Broken(file, Images, $"must be [n, C, H, W] with every extent at least 1, is [{string.Join(", ", shape)}]");
        RequireRow(file, Times, shape[0]);
        var hasClasses = file.Entries.ContainsKey(Labels);
        if (hasClasses)
            RequireRow(file, Labels, shape[0]);
        return new PredictionInput(file.ReadFloat32(Images), shape, ReadTimesteps(file), hasClasses ? file.ReadInt64(Labels) : null);
    }

    /// <summary>x_t of one image, [C, H, W].</summary>
    public float[] Image(int index)
    {
        var elements = X.Length / Count;
        return X.AsSpan(index * elements, elements).ToArray();
    }

    /// <summary>Opens a safetensors file; one that is not there ends the command with its own code.</summary>
    private static SafetensorsFile Open(string path)
    {
        try
        {
            return SafetensorsFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException(ExitCodes.NotFound, $"There is no file {Path.GetFullPath(path)}.");
        }
    }

    private static double[] ReadTimesteps(SafetensorsFile file) =>
        file.Entries[Times].DType is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16
            ? file.ReadFloat64(Times)
            : [.. file.ReadInt64(Times).Select(timestep => (double)timestep)];

    private static SafetensorsEntry Require(SafetensorsFile file, string tensor) =>
        file.Entries.TryGetValue(tensor, out var entry) ? entry : throw Broken(file, tensor, "is missing");

    private static void RequireRow(SafetensorsFile file, string tensor, long length)
    {
        var shape = Require(file, tensor).Shape;
        if (shape.Length != 1 || shape[0] != length)
            throw Broken(file, tensor, $"must be [{length}], one value an image of '{Images}', is [{string.Join(", ", shape)}]");
    }

    private static CommandException Broken(SafetensorsFile file, string tensor, string rule) =>
        new(ExitCodes.Usage, $"{file.Path}: tensor '{tensor}' {rule}.");
}
