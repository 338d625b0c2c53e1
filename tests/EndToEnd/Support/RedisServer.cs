namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>A Redis server of its own on loopback, which keeps nothing. <c>test.sh</c> installs it.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly RunningProcess _process;

    private RedisServer(RunningProcess process, int port)
    {
        _process = process;
        Address = $"127.0.0.1:{port}";
    }

    /// <summary><c>host:port</c>.</summary>
    public string Address { get; }

    public static async Task<RedisServer> StartAsync()
    {
        var port = ServiceProcess.FreeAddress().Port;
        var process = RunningProcess.Start("redis-server", ["--bind", "127.0.0.1", "--port", $"{port}", "--save", "", "--appendonly", "no"]);
        await process.OutputMatchAsync("Ready to accept connections");
        return new RedisServer(process, port);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
