using System.Globalization;
using Ddpm.Imaging;
using Ddpm.Protocol;
using Ddpm.V1;
using Microsoft.Extensions.Primitives;

namespace Ddpm.Web.Creating;

/// <summary>Where a job begins, as the form has it: noise, another seed, or a picture from the user's files or of another job.</summary>
public sealed class StartInput
{
    public const double DefaultStrength = 0.6;

    private byte[]? _content;

    public StartKind Kind { get; set; }

    /// <summary>As typed; a whole number 0 … 2⁶⁴−1.</summary>
    public string OtherSeed { get; set; } = "";

    /// <summary>Part of the steps that are made from a noised picture.</summary>
    public double Strength { get; set; } = DefaultStrength;

    /// <summary>The image of another job; null where the picture is a file, or none is chosen.</summary>
    public JobImage? JobImage { get; private set; }

    /// <summary>Name of the file; null where there is none.</summary>
    public string? FileName { get; private set; }

    public bool HasPicture => JobImage is not null || _content is not null;

    public bool WantsPicture => Kind is StartKind.NoisedPicture or StartKind.EncodedPicture;

    public void Take(JobImage image) => (JobImage, _content, FileName) = (image, null, null);

    /// <exception cref="InvalidDataException">It is not a picture that is read; says why.</exception>
    public void Take(string fileName, byte[] content)
    {
        _ = ImageDecoder.Decode(content);
        (JobImage, _content, FileName) = (null, content, fileName);
    }

    public void Forget() => (JobImage, _content, FileName) = (null, null, null);

    /// <summary>Writes the start into a job.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="shape">[C, H, W] of the model's images.</param>
    /// <param name="violate">Takes a field and the rule that it breaks.</param>
    public void Write(JobSpec spec, IReadOnlyList<int> shape, Action<string, string> violate)
    {
        switch (Kind)
        {
            case StartKind.BetweenSeeds when ulong.TryParse(OtherSeed.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var other):
                spec.BetweenSeeds = new NoiseBetweenSeeds { OtherSeed = other };
                break;
            case StartKind.BetweenSeeds:
                violate("between_seeds", $"must be a whole number from 0 to {ulong.MaxValue.ToString(CultureInfo.InvariantCulture)}");
                break;
            case StartKind.NoisedPicture when HasPicture:
                spec.NoisedImage = new NoisedImage { Image = ToInput(shape), Strength = Strength };
                break;
            case StartKind.EncodedPicture when HasPicture:
                spec.EncodedImages = new EncodedImages { Image = ToInput(shape) };
                break;
            case StartKind.NoisedPicture or StartKind.EncodedPicture:
                violate(Kind == StartKind.NoisedPicture ? "noised_image" : "encoded_images", "must be chosen: one of your files, or an image of the gallery");
                break;
        }
    }

    /// <summary>Takes what a link says.</summary>
    public void Read(IReadOnlyDictionary<string, StringValues> query)
    {
        if (Text(CreateLink.From) is { } from && from.Split('/') is [var jobId, var index] && Guid.TryParse(jobId, out var id)
            && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var trajectory))
        {
            Take(new JobImage { JobId = $"{id}", Trajectory = trajectory });
        }
        Kind = Text(CreateLink.Start) switch
        {
            CreateLink.Noised => StartKind.NoisedPicture,
            CreateLink.Encoded => StartKind.EncodedPicture,
            _ => Kind,
        };
        if (double.TryParse(Text(CreateLink.Strength), NumberStyles.Float, CultureInfo.InvariantCulture, out var strength) && strength is > 0 and <= 1)
            Strength = strength;
        if (Text(CreateLink.OtherSeed) is { } other)
            (Kind, OtherSeed) = (StartKind.BetweenSeeds, other);

        string? Text(string key) => query.TryGetValue(key, out var values) && !StringValues.IsNullOrEmpty(values) ? values[0] : null;
    }

    private InputImage ToInput(IReadOnlyList<int> shape) => JobImage is not null
        ? new InputImage { JobImage = JobImage }
        : new InputImage { Pixels = TensorCodec.Encode(Picture.Read(_content!, new ImageShape(shape[0], shape[1], shape[2])), [.. shape]) };
}
