using Ddpm.Protocol;
using Grpc.Core;
using Grpc.Health.V1;

namespace Ddpm.Cli.Connection;

/// <summary>A server that answered, or the services inside this process; ends with the command.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly LocalServer? _local;

    private ServerConnection(DdpmClient client, DdpmClient trainer, LocalServer? local)
    {
        Client = client;
        Trainer = trainer;
        _local = local;
    }

    /// <summary>Jobs and samplers.</summary>
    public DdpmClient Client { get; }

    /// <summary>Models and training runs; the same as <see cref="Client"/> unless the user named another address for them.</summary>
    public DdpmClient Trainer { get; }

    /// <summary>Whether what is left unfinished stops with this process.</summary>
    public bool IsLocal => _local is not null;

    /// <exception cref="CommandException">The server that the user named does not answer.</exception>
    public static async Task<ServerConnection> OpenAsync(ServerChoice choice, Surroundings surroundings)
    {
        var cancellationToken = surroundings.Interrupts.Cancel;
        var client = Connect(choice.Address, choice.ApiKey);
        try
        {
            if (await FailureAsync(client, cancellationToken) is not { } failure)
                return new ServerConnection(client, choice.Trainer is { } trainer ? Connect(trainer, choice.ApiKey) : client, null);
            if (choice.IsExplicit)
                throw new CommandException(ExitCodes.Unavailable,
                    $"No server answers at {choice.Address.OriginalString} ({failure}). Start one with ./run.sh, or leave the address out to run the services inside this command.");
        }
        catch
        {
            client.Dispose();
            throw;
        }
        client.Dispose();
        var local = await surroundings.StartLocalServer(choice.DataRoot, cancellationToken);
        var inside = Connect(local.Address, apiKey: null);
        return new ServerConnection(inside, inside, local);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Trainer.Dispose();
        if (_local is not null)
            await _local.DisposeAsync();
    }

    private static DdpmClient Connect(Uri address, string? apiKey) => DdpmClient.Connect(address, new DdpmClientOptions { ApiKey = apiKey });

    private static async Task<string?> FailureAsync(DdpmClient client, CancellationToken cancellationToken)
    {
        try
        {
            var health = await new Health.HealthClient(client.Invoker).CheckAsync(
                new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + AnswerWithin, cancellationToken: cancellationToken);
            return health.Status is HealthCheckResponse.Types.ServingStatus.Serving ? null : "it is not healthy";
        }
        catch (RpcException e)
        {
            return e.Status.StatusCode is StatusCode.Unavailable ? "connection refused or lost" : e.Status.Detail;
        }
    }
}
