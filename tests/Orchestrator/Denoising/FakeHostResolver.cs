using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Ddpm.Orchestrator.Denoising;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>DNS as a test wants it; a name that it was not told of is unknown.</summary>
internal sealed class FakeHostResolver : IHostResolver
{
    private readonly ConcurrentDictionary<string, IPAddress[]> _answers = new();
    private readonly SemaphoreSlim _questions = new(0);
    private int _asked;

    /// <summary>Times it was asked so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Waits for a question, each of which is waited for once.</summary>
    public Task AskedAsync() => _questions.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>What a name stands for from now on; nothing: it is unknown.</summary>
    public void Answer(string host, params string[] ips)
    {
        if (ips.Length == 0)
            _answers.TryRemove(host, out _);
        else
            _answers[host] = Array.ConvertAll(ips, IPAddress.Parse);
    }

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        _questions.Release();
        return _answers.TryGetValue(host, out var ips)
            ? Task.FromResult(ips)
            : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
    }
}
