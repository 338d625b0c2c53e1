namespace Ddpm.Cli.Connection;

/// <summary>The services, hosted inside this process for one command.</summary>
public sealed class LocalServer(Uri address, Func<ValueTask> stop) : IAsyncDisposable
{
    /// <summary>Starts the services over a data folder and answers once they are healthy.</summary>
    /// <param name="dataRoot">Folder of jobs, images and models.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public delegate Task<LocalServer> Start(string dataRoot, CancellationToken cancellationToken);

    /// <summary>Address of gRPC.</summary>
    public Uri Address { get; } = address;

    public ValueTask DisposeAsync() => stop();

    public static Task<LocalServer> StartStandaloneAsync(string dataRoot, CancellationToken cancellationToken) =>
        throw new CommandException(ExitCodes.Unavailable, "No server answers. Start one with ./run.sh.");
}
