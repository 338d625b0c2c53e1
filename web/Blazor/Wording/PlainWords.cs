using System.Globalization;
using Ddpm.V1;

namespace Ddpm.Web.Wording;

/// <summary>Numbers, times and states as people say them.</summary>
public static class PlainWords
{
    public static string State(JobState state) => state switch
    {
        JobState.Queued => "Waiting",
        JobState.Running => "Running",
        JobState.Succeeded => "Finished",
        JobState.Failed => "Failed",
        JobState.Cancelled => "Cancelled",
        _ => "Unknown",
    };

    public static string State(RunState state) => state switch
    {
        RunState.Queued => "Waiting",
        RunState.Running => "Training",
        RunState.Succeeded => "Finished",
        RunState.Failed => "Failed",
        RunState.Stopped => "Stopped",
        _ => "Unknown",
    };

    /// <summary><c>0.4 s</c>, <c>12 s</c>, <c>3 min 05 s</c>, <c>2 h 10 min</c>.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalSeconds: < 9.95 } => Invariant($"{Math.Max(0, duration.TotalSeconds):0.0} s"),
        { TotalSeconds: < 59.5 } => Invariant($"{duration.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } => Invariant($"{Math.Floor(duration.TotalMinutes):0} min {duration.Seconds:00} s"),
        _ => Invariant($"{Math.Floor(duration.TotalHours):0} h {duration.Minutes:00} min"),
    };

    /// <summary>The time left, rounded as an estimate deserves.</summary>
    public static string TimeLeft(TimeSpan left) => Math.Ceiling(left.TotalSeconds) switch
    {
        <= 1 => "about 1 s",
        < 60 and var seconds => Invariant($"{seconds:0} s"),
        var seconds => Duration(TimeSpan.FromSeconds(seconds)),
    };

    /// <summary><c>just now</c>, <c>5 min ago</c>, <c>3 h ago</c>, <c>2 days ago</c>, a date beyond a month.</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now) => (now - then) switch
    {
        { TotalSeconds: < 45 } => "just now",
        { TotalMinutes: < 60 } past => Invariant($"{Math.Max(1, Math.Round(past.TotalMinutes)):0} min ago"),
        { TotalHours: < 24 } past => Invariant($"{Math.Round(past.TotalHours):0} h ago"),
        { TotalDays: < 1.5 } => "yesterday",
        { TotalDays: < 31 } past => Invariant($"{Math.Round(past.TotalDays):0} days ago"),
        _ => then.ToString("d MMMM yyyy", CultureInfo.InvariantCulture),
    };

    /// <summary>A count of weights: <c>840 k</c>, <c>2.1 M</c>.</summary>
    public static string Parameters(long count) => count switch
    {
        < 1_000 => Invariant($"{count}"),
        < 1_000_000 => Invariant($"{count / 1e3:0} k"),
        < 1_000_000_000 => Invariant($"{count / 1e6:0.0} M"),
        _ => Invariant($"{count / 1e9:0.0} G"),
    };

    /// <summary>A size in bytes: <c>840 kB</c>, <c>7.2 MB</c>, powers of ten.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => Invariant($"{bytes} B"),
        < 1_000_000 => Invariant($"{bytes / 1e3:0} kB"),
        < 1_000_000_000 => Invariant($"{bytes / 1e6:0.0} MB"),
        _ => Invariant($"{bytes / 1e9:0.0} GB"),
    };

    /// <summary>A loss: three digits that count, <c>0.0367</c>, <c>1.02</c>, <c>3.1e-05</c>.</summary>
    public static string Loss(double loss) =>
        loss != 0 && Math.Abs(loss) < 1e-4 ? loss.ToString("0.0e-00", CultureInfo.InvariantCulture)
        : loss.ToString(Math.Abs(loss) switch { < 0.01 => "0.00000", < 0.1 => "0.0000", < 1 => "0.000", _ => "0.00" }, CultureInfo.InvariantCulture);

    /// <summary><c>1 image</c>, <c>60 000 images</c>.</summary>
    public static string Of(long count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";

    /// <summary>A count with thin spaces between thousands.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary><c>a</c>, <c>a and b</c>, <c>a, b and c</c>.</summary>
    public static string List(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "",
        1 => names[0],
        _ => $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}",
    };

    /// <summary><c>28 × 28, grey</c>.</summary>
    public static string SampleShape(IReadOnlyList<int> shape) => shape switch
    {
        [1, var height, var width] => Invariant($"{width} × {height}, grey"),
        [3, var height, var width] => Invariant($"{width} × {height}, colour"),
        [var channels, var height, var width] => Invariant($"{width} × {height}, {channels} channels"),
        _ => "",
    };

    /// <summary>A version id short enough to read; aliases stay whole.</summary>
    public static string Version(string version) => version.Length == 64 ? version[..10] : version;

    public static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Three digits that count, from <c>0.000041</c> to <c>9 840</c>; beyond, <c>1.2e+07</c>.</summary>
    public static string Significant(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1e6 or < 1e-6 => value.ToString("0.0e+00", CultureInfo.InvariantCulture),
        >= 100 => Count((long)Math.Round(value)),
        var size => value.ToString("0." + new string('0', Math.Clamp(2 - (int)Math.Floor(Math.Log10(size)), 0, 8)), CultureInfo.InvariantCulture),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
