using System.Diagnostics;
using Npgsql;

namespace Ddpm.Storage.Tests.Servers;

/// <summary>A PostgreSQL server of its own, whose data and socket lie in a temporary folder. <c>test.sh</c> installs what it needs.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private int _databases;

    /// <summary>The folder of Debian's newest server.</summary>
    private static string Programs => Directory.EnumerateDirectories("/usr/lib/postgresql").MaxBy(folder => int.Parse(Path.GetFileName(folder)))! + "/bin";

    private string Data => Path.Combine(_folder.Path, "data");

    public async ValueTask InitializeAsync()
    {
        // The server refuses to run as root.
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", ["postgres", _folder.Path], CancellationToken.None);
        await RunAsServerAsync("initdb", ["-D", Data, "-U", "ddpm", "-A", "trust", "--no-sync"]);
        await StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await StopAsync(CancellationToken.None);
        _folder.Dispose();
    }

    /// <summary>Starts the server after <see cref="StopAsync"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken) =>
        RunAsServerAsync("pg_ctl", ["-D", Data, "-w", "-l", Path.Combine(_folder.Path, "log"), "-o", $"-k {_folder.Path} -c listen_addresses=", "start"], cancellationToken);

    /// <summary>Stops the server as a crash would.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        RunAsServerAsync("pg_ctl", ["-D", Data, "-w", "-m", "immediate", "stop"], cancellationToken);

    /// <summary>Stops the server as a crash would, and starts it again.</summary>
    public Task RestartAsync(CancellationToken cancellationToken) =>
        RunAsServerAsync("pg_ctl", ["-D", Data, "-w", "-m", "immediate", "-l", Path.Combine(_folder.Path, "log"), "restart"], cancellationToken);

    /// <summary>Makes a standby of the server, which answers and is not to be written to.</summary>
    public async Task DemoteAsync(CancellationToken cancellationToken)
    {
        await RunAsync("touch", [Path.Combine(Data, "standby.signal")], cancellationToken);
        await RestartAsync(cancellationToken);
    }

    /// <returns>Connection string of an empty database.</returns>
    public async Task<string> NewDatabaseAsync(CancellationToken cancellationToken)
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        // Not a pooled one, which a restart would have broken.
        await using var connection = new NpgsqlConnection($"{ConnectionTo("postgres")};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return ConnectionTo(name);
    }

    private string ConnectionTo(string database) => $"Host={_folder.Path};Username=ddpm;Database={database}";

    private static Task RunAsServerAsync(string program, string[] arguments, CancellationToken cancellationToken = default) => Environment.IsPrivilegedProcess
        ? RunAsync("runuser", ["-u", "postgres", "--", $"{Programs}/{program}", .. arguments], cancellationToken)
        : RunAsync($"{Programs}/{program}", arguments, cancellationToken);

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        process.ExitCode.ShouldBe(0, string.Join('\n', await output));
    }
}
