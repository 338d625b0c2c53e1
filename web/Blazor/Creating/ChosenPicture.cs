using Ddpm.Imaging;
using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Media;

namespace Ddpm.Web.Creating;

/// <summary>A picture that a job is to begin at: one of the user's files, a job's image, or one that went into a job.</summary>
public sealed class ChosenPicture
{
    private byte[]? _content;
    private InputImage? _ofJob;
    private (string Shape, string Source)? _shown;

    public bool IsChosen => _ofJob is not null || _content is not null;

    /// <summary>Where it is from, in a few words; null where none is chosen.</summary>
    public string? Note { get; private set; }

    public void Take(JobImage image) => Take(new InputImage { JobImage = image }, "From the gallery");

    public void Take(JobInput input) => Take(new InputImage { JobInput = input }, "As in the job before");

    /// <exception cref="InvalidDataException">It is not a picture that is read; says why.</exception>
    public void Take(string fileName, byte[] content)
    {
        _ = ImageDecoder.Decode(content);
        (_ofJob, _content, _shown, Note) = (null, content, null, fileName);
    }

    /// <summary>What an image element shows of it: as the model will see it.</summary>
    /// <param name="shape">[C, H, W] of the model's images.</param>
    public string? SourceFor(IReadOnlyList<int> shape)
    {
        if (_ofJob is { JobImage: { } image })
            return MediaLinks.Image(image.JobId, image.Trajectory);
        if (_ofJob is { JobInput: { } input })
            return MediaLinks.Input(input.JobId, input.Sha256);
        if (_content is null || shape.Count != 3)
            return null;
        var named = string.Join('×', shape);
        if (_shown?.Shape != named)
            _shown = (named, $"data:image/png;base64,{Convert.ToBase64String(PngEncoder.Encode(Read(shape), shape))}");
        return _shown?.Source;
    }

    /// <summary>What a job takes.</summary>
    /// <param name="shape">[C, H, W] of the model's images.</param>
    public InputImage ToInput(IReadOnlyList<int> shape) => _ofJob ?? new InputImage { Pixels = TensorCodec.Encode(Read(shape), [.. shape]) };

    private void Take(InputImage ofJob, string note) => (_ofJob, _content, _shown, Note) = (ofJob, null, null, note);

    private float[] Read(IReadOnlyList<int> shape) => Picture.Read(_content!, new ImageShape(shape[0], shape[1], shape[2]));
}
