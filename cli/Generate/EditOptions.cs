using System.CommandLine;
using System.Globalization;
using Ddpm.V1;

namespace Ddpm.Cli.Generate;

/// <summary>Options of <c>ddpm generate</c> that begin elsewhere than at the seed's noise, keep pixels, or guide in part.</summary>
internal sealed class EditOptions
{
    private const string Picture = "FILE|job:ID/K";

    private readonly Option<string?> _fromImage = new("--from-image")
    {
        Description = "Begin at a picture with noise (SDEdit): an image file, cut and scaled to the model's size, or image K of a job.",
        HelpName = Picture,
    };

    private readonly Option<double?> _strength = new("--strength")
    {
        Description = "With --from-image: part of the steps that are made, above 0 to 1; the more, the less of the picture is left. Default: 0.6.",
        HelpName = "S",
    };

    private readonly Option<string?> _encode = new("--encode")
    {
        Description = "Begin at the noise that DDIM makes the picture of: `--sampler ddim` makes it again.",
        HelpName = Picture,
    };

    private readonly Option<string?> _encodeTo = new("--encode-to")
    {
        Description = "With --encode: another picture; the images go from the one to the other.",
        HelpName = Picture,
    };

    private readonly Option<int?> _encodeSteps = new("--encode-steps") { Description = "With --encode: steps from picture to noise. Default: --steps.", HelpName = "N" };

    private readonly Option<ulong?> _toSeed = new("--to-seed")
    {
        Description = "Begin between the noise of --seed and that of this one: the images go from the one's to the other's.",
        HelpName = "N",
    };

    private readonly Option<string?> _inpaint = new("--inpaint")
    {
        Description = "Keep a picture's pixels and make the others (RePaint): those that are transparent, or bright in --mask.",
        HelpName = Picture,
    };

    private readonly Option<string?> _mask = new("--mask") { Description = "With --inpaint: an image file, bright where to make pixels.", HelpName = "FILE" };

    private readonly Option<int?> _resample = new("--resample")
    {
        Description = "With --inpaint: how often each step is made, 1 to 50, to fit what is made to what is kept. Default: 10.",
        HelpName = "N",
    };

    private readonly Option<string?> _guidanceInterval = new("--guidance-interval")
    {
        Description = "Guide at these timesteps alone, `200..800`. Needs --guidance.",
        HelpName = "LOW..HIGH",
    };

    public IEnumerable<Option> All => [_fromImage, _strength, _encode, _encodeTo, _encodeSteps, _toSeed, _inpaint, _mask, _resample, _guidanceInterval];

    /// <exception cref="CommandException">Options that do not go together, or a picture that cannot be read.</exception>
    public async Task ApplyAsync(ParseResult parse, CommandRun run, JobSpec spec)
    {
        RefuseWithout(parse, _fromImage, _strength);
        RefuseWithout(parse, _encode, _encodeTo, _encodeSteps);
        RefuseWithout(parse, _inpaint, _mask, _resample);
        Option[] starts = [.. new Option[] { _fromImage, _encode, _toSeed }.Where(option => IsGiven(parse, option))];
        if (starts.Length > 1)
            throw Usage($"{starts[0].Name} and {starts[1].Name} both say where to begin; give one of them.");

        var pictures = new PictureSource(run, spec.Model, spec.Version);
        if (parse.GetValue(_fromImage) is { } start)
            spec.NoisedImage = new NoisedImage { Image = await pictures.ReadAsync(_fromImage.Name, start), Strength = parse.GetValue(_strength) ?? 0.6 };
        if (parse.GetValue(_encode) is { } encode)
        {
            spec.EncodedImages = new EncodedImages { Image = await pictures.ReadAsync(_encode.Name, encode), Steps = parse.GetValue(_encodeSteps) ?? 0 };
            if (parse.GetValue(_encodeTo) is { } other)
                spec.EncodedImages.Other = await pictures.ReadAsync(_encodeTo.Name, other);
        }
        if (parse.GetValue(_toSeed) is { } seed)
            spec.BetweenSeeds = new NoiseBetweenSeeds { OtherSeed = seed };
        if (parse.GetValue(_inpaint) is { } inpaint)
        {
            spec.Inpainting = new Inpainting
            {
                Image = await pictures.ReadAsync(_inpaint.Name, inpaint),
                Mask = parse.GetValue(_mask) is { } mask ? await pictures.ReadMaskAsync(_mask.Name, mask) : await pictures.ReadTransparencyAsync(_inpaint.Name, inpaint),
                Resamplings = parse.GetValue(_resample) ?? 10,
            };
        }
        if (parse.GetValue(_guidanceInterval) is { } interval)
            spec.GuidanceInterval = ReadInterval(interval);
    }

    private GuidanceInterval ReadInterval(string text)
    {
        var ends = text.Split("..");
        return ends.Length == 2 && TryRead(ends[0], out var low) && TryRead(ends[1], out var high)
            ? new GuidanceInterval { LowestTimestep = low, HighestTimestep = high }
            : throw Usage($"{_guidanceInterval.Name} is '{text}' but must be LOW..HIGH, as in 200..800.");

        static bool TryRead(string end, out double value) => double.TryParse(end, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static void RefuseWithout(ParseResult parse, Option needed, params Option[] options)
    {
        if (!IsGiven(parse, needed) && options.FirstOrDefault(option => IsGiven(parse, option)) is { } lonely)
            throw Usage($"{lonely.Name} needs {needed.Name}.");
    }

    private static bool IsGiven(ParseResult parse, Option option) => parse.GetResult(option) is { Implicit: false };

    private static CommandException Usage(string message) => new(ExitCodes.Usage, message);
}
