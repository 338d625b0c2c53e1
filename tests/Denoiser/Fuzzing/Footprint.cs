using System.Diagnostics;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>What the process holds once everything is collected that can be.</summary>
/// <param name="ManagedBytes">Living objects.</param>
/// <param name="ResidentBytes">Memory of the process that is no file's, resident.</param>
/// <param name="Pinned">Objects that native code keeps in their places, a tensor that was not disposed of among them.</param>
/// <param name="Threads">Threads of the process.</param>
internal sealed record Footprint(long ManagedBytes, long ResidentBytes, long Pinned, int Threads)
{
    public static Footprint Take()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        using var process = Process.GetCurrentProcess();
        return new Footprint(
            GC.GetTotalMemory(forceFullCollection: false),
            AnonymousBytes(),
            GC.GetGCMemoryInfo(GCKind.FullBlocking).PinnedObjectsCount,
            process.Threads.Count);
    }

    public override string ToString() =>
        $"{ManagedBytes / 1048576.0:F1} MiB managed, {ResidentBytes / 1048576.0:F1} MiB resident, {Pinned} pinned, {Threads} threads";

    /// <summary>Resident memory without what is mapped from files: libraries are read in as they are needed.</summary>
    private static long AnonymousBytes()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }
}
