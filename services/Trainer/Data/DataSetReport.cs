namespace Ddpm.Trainer.Data;

/// <summary>What an inspection found in a data set.</summary>
public sealed record DataSetReport
{
    /// <summary>How the images lie in its files.</summary>
    public required string Format { get; init; }

    /// <summary>SHA-256 over the names, classes and pixels of all images that can be read, 64 hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Images that can be read.</summary>
    public required int Images { get; init; }

    /// <summary>How many images each class has, by name; empty: there are no classes. A class's place is its label.</summary>
    public required IReadOnlyList<Tally> Classes { get; init; }

    /// <summary>How many images each size has, as <c>32×32</c> (width×height), the most frequent first; at most <see cref="ListLimit"/>.</summary>
    public required IReadOnlyList<Tally> Sizes { get; init; }

    /// <summary>How many images are <c>grey</c>, <c>RGB</c> and <c>RGBA</c>.</summary>
    public required IReadOnlyList<Tally> Channels { get; init; }

    /// <summary>Images that cannot be read, and are left out.</summary>
    public required int UnreadableImages { get; init; }

    /// <summary>The first of those, with the reasons; at most <see cref="ListLimit"/>.</summary>
    public required IReadOnlyList<Unreadable> Unreadable { get; init; }

    /// <summary>The most entries that a list of sizes or of unreadable images has.</summary>
    public const int ListLimit = 100;
}

/// <param name="Name">What is counted.</param>
/// <param name="Images">How many images.</param>
public sealed record Tally(string Name, int Images);

/// <param name="Name">Where the image lies in the data set.</param>
/// <param name="Reason">Why it cannot be read.</param>
public sealed record Unreadable(string Name, string Reason);
