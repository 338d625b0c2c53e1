using Ddpm.Hosting;
using Ddpm.Standalone;

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

    /// <exception cref="CommandException">The services could not start; the message says why.</exception>
    public static async Task<LocalServer> StartStandaloneAsync(string dataRoot, CancellationToken cancellationToken)
    {
        try
        {
            var host = await StandaloneHost.StartAsync(
                new StandaloneOptions { EphemeralPorts = true, WithGallery = false, DataRoot = dataRoot, Quiet = true, HandlesSignals = false },
                cancellationToken);
            return new LocalServer(host.GrpcAddress, host.DisposeAsync);
        }
        catch (Exception e) when (ServiceHost.Explain(e) is { } explanation)
        {
            throw new CommandException(ExitCodes.Failure, $"The services could not start inside this command: {explanation}");
        }
    }
}
