using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>A process of this test, with what it wrote. Disposing kills it.</summary>
internal sealed class RunningProcess : IAsyncDisposable
{
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Process _process;

    private RunningProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Read(_output);

    public string Error => Read(_error);

    /// <summary>Starts a .NET program.</summary>
    /// <param name="program">Its dll.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables besides the inherited ones.</param>
    /// <param name="workingFolder">Null: the test's.</param>
    public static RunningProcess StartDotnet(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingFolder = null) =>
        Start("dotnet", [program, .. arguments], environment, workingFolder);

    /// <summary>Starts any program.</summary>
    public static RunningProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingFolder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "",
        };
        // The user's own settings must not reach the programs under test.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("DDPM_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new RunningProcess(start);
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Waits until stdout matches.</summary>
    public Task<Match> OutputMatchAsync(string pattern) => MatchAsync(pattern, _output);

    /// <summary>Waits until stderr matches.</summary>
    public Task<Match> ErrorMatchAsync(string pattern) => MatchAsync(pattern, _error);

    /// <summary>SIGKILL: no handler of the process runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Sends a signal by its name, for example <c>INT</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private async Task<Match> MatchAsync(string pattern, StringBuilder text)
    {
        var ended = _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var isLast = ended.IsCompleted;
            if (Regex.Match(Read(text), pattern, RegexOptions.Multiline) is { Success: true } match)
                return match;
            if (isLast)
                throw new InvalidOperationException($"The process ended before it wrote '{pattern}':\n{Output}\n{Error}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
                text.Append(line).Append('\n');
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}
