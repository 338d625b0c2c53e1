using System.Globalization;
using Ddpm.Cli.Models;
using Ddpm.Imaging;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Cli.Generate;

/// <summary>Pictures that go into a job: files of the user's, brought to the model's shape, or images of other jobs.</summary>
internal sealed class PictureSource(CommandRun run, string model, string version)
{
    private const string OfJob = "job:";

    private ImageShape? _shape;

    /// <exception cref="CommandException">It cannot be read.</exception>
    public async Task<InputImage> ReadAsync(string option, string source)
    {
        if (source.StartsWith(OfJob, StringComparison.Ordinal))
            return new InputImage { JobImage = JobImageOf(option, source) };
        var shape = await ShapeAsync();
        return ToInput(Read(option, source, content => Picture.Read(content, shape)), [shape.Channels, shape.Height, shape.Width]);
    }

    /// <exception cref="CommandException">It cannot be read.</exception>
    public async Task<InputImage> ReadMaskAsync(string option, string path)
    {
        var shape = await ShapeAsync();
        return ToInput(Read(option, path, content => Picture.ReadMask(content, shape)), [shape.Height, shape.Width]);
    }

    /// <exception cref="CommandException">It cannot be read, or nothing of it can be transparent.</exception>
    public async Task<InputImage> ReadTransparencyAsync(string option, string source)
    {
        var shape = await ShapeAsync();
        var known = source.StartsWith(OfJob, StringComparison.Ordinal) ? null : Read(option, source, content => Picture.ReadTransparency(content, shape));
        return known is null
            ? throw Usage($"{option}: nothing of '{source}' is transparent; give --mask, an image that is bright where to make pixels.")
            : ToInput(known, [shape.Height, shape.Width]);
    }

    private async Task<ImageShape> ShapeAsync()
    {
        if (_shape is null)
        {
            var extents = (await VersionLookup.FindAsync(run, model, version)).SampleShape;
            _shape = new ImageShape(extents[0], extents[1], extents[2]);
        }
        return _shape.Value;
    }

    private static JobImage JobImageOf(string option, string source)
    {
        var parts = source[OfJob.Length..].Split('/');
        return parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var trajectory)
            ? new JobImage { JobId = parts[0], Trajectory = trajectory }
            : throw Usage($"{option} is '{source}' but must be a file, or job:ID/K for image K of a job.");
    }

    private static T Read<T>(string option, string path, Func<byte[], T> read)
    {
        try
        {
            return read(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Usage(e is InvalidDataException ? $"{option}: '{path}' {e.Message}." : $"{option}: {e.Message}");
        }
    }

    private static InputImage ToInput(float[] values, ReadOnlySpan<int> shape) => new() { Pixels = TensorCodec.Encode(values, shape) };

    private static CommandException Usage(string message) => new(ExitCodes.Usage, message);
}
