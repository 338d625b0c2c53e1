using System.Net.Sockets;
using Ddpm.Storage.Files;

namespace Ddpm.Storage.Tests.Files;

public sealed class ExclusiveFileTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private string Lock => Path.Combine(_root.Path, "runs.lock");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Acquire_WhileItIsHeld_SaysThatItIsInUse()
    {
        using (ExclusiveFile.Acquire(Lock))
            Should.Throw<StorageInUseException>(() => ExclusiveFile.Acquire(Lock)).Message.ShouldContain(_root.Path);
        ExclusiveFile.Acquire(Lock).Dispose();
    }

    /// <summary>A socket lies there, which no one can open as a file: a failure that has nothing to do with other processes.</summary>
    [Fact]
    public async Task Acquire_OfWhatCannotBeOpened_FailsAsItselfAndAtOnce()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Lock));

        var failure = Should.Throw<IOException>(() => ExclusiveFile.Acquire(Lock));

        failure.ShouldNotBeOfType<StorageInUseException>();
        failure.Message.ShouldContain(Lock);
        await Should.ThrowAsync<IOException>(() => ExclusiveFile.WaitAsync(Lock, TimeProvider.System, TestContext.Current.CancellationToken));
    }
}
