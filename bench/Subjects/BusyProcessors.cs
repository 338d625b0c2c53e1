using System.Diagnostics;

namespace Ddpm.Bench.Subjects;

/// <summary>Other processes, one for each processor, that compute without end: until this is disposed, or the process that made it is gone.</summary>
internal sealed class BusyProcessors : IDisposable
{
    /// <summary>The argument by which this program is one of them.</summary>
    public const string Argument = "spin";

    private const string Started = "spinning";

    private readonly List<Process> _processes;

    public BusyProcessors() => _processes = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath!, Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!)];

    /// <summary>This program is started by its own name, or as a file that <c>dotnet</c> is given.</summary>
    private static string[] Arguments =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(BusyProcessors).Assembly.Location, Argument] : [Argument];

    /// <summary>Waits until all of them compute.</summary>
    public async Task StartedAsync()
    {
        foreach (var process in _processes)
        {
            if (await process.StandardOutput.ReadLineAsync() != Started)
                throw new InvalidOperationException("A process that was to keep a processor busy ended.");
        }
    }

    /// <summary>Computes until the standard input ends.</summary>
    public static int Spin()
    {
        var spinning = new Thread(() =>
        {
            for (var i = 0UL; ; i++)
                GC.KeepAlive(i);
        })
        { IsBackground = true };
        spinning.Start();
        Console.WriteLine(Started);
        while (Console.In.Read() >= 0)
        {
        }
        return 0;
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
