using System.Globalization;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Cli.Rendering;

/// <summary>How figures look to people.</summary>
internal static class Format
{
    /// <summary>Hours, minutes and seconds as in <c>1:02:03</c> or <c>2:03</c>.</summary>
    public static string Span(TimeSpan span) => span.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}:{span.Seconds:00}");

    /// <summary>In the user's time zone, to the minute; empty when not set.</summary>
    public static string Time(Timestamp? time) =>
        time is null ? "" : time.ToDateTime().ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>With a binary unit: <c>7.4 MiB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.0} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.0} MiB"),
        >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 10):0.0} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };

    /// <summary>With thousands separated: <c>35,746,307</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string State(JobState state) => state.ToString().ToLowerInvariant();

    public static string State(RunState state) => state.ToString().ToLowerInvariant();

    /// <summary>As people write image sizes: <c>1×28×28</c>.</summary>
    public static string Shape(IEnumerable<int> shape) => string.Join('×', shape);

    /// <summary>Enough of a version's digits to tell it from others.</summary>
    public static string ShortVersion(string version) => version.Length > 12 ? version[..12] : version;
}
