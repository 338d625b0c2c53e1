using System.Globalization;
using Ddpm.V1;
using Microsoft.Extensions.Primitives;

namespace Ddpm.Web.Creating;

/// <summary>Where a job begins and what it keeps, as the form has it: noise, another seed, or pictures.</summary>
public sealed class StartInput
{
    public const double DefaultStrength = 0.6;
    public const int DefaultResamplings = 5;
    public const int MostResamplings = 50;

    public StartKind Kind { get; set; }

    /// <summary>As typed; a whole number 0 … 2⁶⁴−1.</summary>
    public string OtherSeed { get; set; } = "";

    /// <summary>Part of the steps that are made from a noised picture.</summary>
    public double Strength { get; set; } = DefaultStrength;

    /// <summary>How often each step is made where part of a picture is kept.</summary>
    public int Resamplings { get; set; } = DefaultResamplings;

    /// <summary>The picture to begin at, or to keep a part of.</summary>
    public ChosenPicture Picture { get; } = new();

    /// <summary>The picture to end at, where the images go from the noise of one to that of another.</summary>
    public ChosenPicture Other { get; } = new();

    /// <summary>What of the picture is made anew; null where nothing is chosen yet.</summary>
    public PixelMask? Mask { get; set; }

    /// <summary>The mask of another job, which is to be fetched into <see cref="Mask"/>; null for none.</summary>
    public JobInput? MaskToFetch { get; private set; }

    public bool WantsPicture => Kind is StartKind.NoisedPicture or StartKind.EncodedPicture or StartKind.KeptPicture;

    /// <summary>The field of <see cref="JobSpec"/> that the choice fills; null for none.</summary>
    public string? Field => Kind switch
    {
        StartKind.BetweenSeeds => "between_seeds",
        StartKind.NoisedPicture => "noised_image",
        StartKind.EncodedPicture => "encoded_images",
        StartKind.KeptPicture => "inpainting",
        _ => null,
    };

    /// <summary>Writes the start into a job.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="shape">[C, H, W] of the model's images.</param>
    /// <param name="violate">Takes a field and the rule that it breaks.</param>
    public void Write(JobSpec spec, IReadOnlyList<int> shape, Action<string, string> violate)
    {
        if (WantsPicture && !Picture.IsChosen)
        {
            violate(Field!, "must be chosen: one of your files, or an image of the gallery");
            return;
        }
        if (WantsPicture && shape.Count != 3)
        {
            violate("version", "must be one of the model's: the picture is cut to its size");
            return;
        }
        switch (Kind)
        {
            case StartKind.BetweenSeeds when ulong.TryParse(OtherSeed.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var other):
                spec.BetweenSeeds = new NoiseBetweenSeeds { OtherSeed = other };
                break;
            case StartKind.BetweenSeeds:
                violate(Field!, $"must be a whole number from 0 to {ulong.MaxValue.ToString(CultureInfo.InvariantCulture)}");
                break;
            case StartKind.NoisedPicture:
                spec.NoisedImage = new NoisedImage { Image = Picture.ToInput(shape), Strength = Strength };
                break;
            case StartKind.EncodedPicture:
                spec.EncodedImages = new EncodedImages { Image = Picture.ToInput(shape), Other = Other.IsChosen ? Other.ToInput(shape) : null };
                break;
            case StartKind.KeptPicture when Mask is { Share: > 0 } mask && mask.Fits(shape[1], shape[2]):
                spec.Inpainting = new Inpainting
                {
                    Image = Picture.ToInput(shape),
                    Mask = new InputImage { Pixels = mask.Known(shape[1], shape[2]) },
                    Resamplings = Resamplings,
                };
                break;
            case StartKind.KeptPicture:
                violate(Field!, "must have a part that is made anew: paint over it");
                break;
        }
    }

    /// <summary>Takes what a link says.</summary>
    public void Read(IReadOnlyDictionary<string, StringValues> query)
    {
        Read(Text(CreateLink.From), Picture);
        Read(Text(CreateLink.To), Other);
        Kind = Text(CreateLink.Start) switch
        {
            CreateLink.Noised => StartKind.NoisedPicture,
            CreateLink.Encoded => StartKind.EncodedPicture,
            CreateLink.Kept => StartKind.KeptPicture,
            _ => Kind,
        };
        if (double.TryParse(Text(CreateLink.Strength), NumberStyles.Float, CultureInfo.InvariantCulture, out var strength) && strength is > 0 and <= 1)
            Strength = strength;
        if (int.TryParse(Text(CreateLink.Resample), NumberStyles.None, CultureInfo.InvariantCulture, out var resamplings) && resamplings is >= 1 and <= MostResamplings)
            Resamplings = resamplings;
        if (CreateLink.ReadInput(Text(CreateLink.Mask)) is { JobInput: { } mask })
            MaskToFetch = mask;
        if (Text(CreateLink.OtherSeed) is { } other)
            (Kind, OtherSeed) = (StartKind.BetweenSeeds, other);

        string? Text(string key) => query.TryGetValue(key, out var values) && !StringValues.IsNullOrEmpty(values) ? values[0] : null;
    }

    private static void Read(string? source, ChosenPicture picture)
    {
        var input = CreateLink.ReadInput(source);
        if (input?.JobImage is { } image)
            picture.Take(image);
        else if (input?.JobInput is { } kept)
            picture.Take(kept);
    }
}
