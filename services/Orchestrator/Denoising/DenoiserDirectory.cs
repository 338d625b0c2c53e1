using System.Collections.Immutable;
using System.Net;
using Ddpm.Hosting;
using Ddpm.Protocol;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// Knows the Denoisers at every moment: one for each address that is one process, and for each host name one for every IP address that it stands for,
/// asked again every <see cref="OrchestratorOptions.DenoiserRefresh"/>. A name that does not resolve keeps the replicas that it had: whether a Denoiser
/// answers is for its stream to find out, not for DNS.
/// </summary>
internal sealed partial class DenoiserDirectory : BackgroundService
{
    private readonly Lock _gate = new();
    private readonly Uri[] _addresses;
    private readonly Dictionary<Uri, ImmutableArray<Replica>> _replicas = [];
    private readonly Dictionary<Uri, string> _failures = [];
    private readonly IHostResolver _resolver;
    private readonly ILocalDenoiser? _local;
    private readonly TimeSpan _refresh;
    private readonly DdpmClientOptions _connection;
    private readonly TimeProvider _time;
    private readonly ILogger<DenoiserDirectory> _logger;
    private volatile DenoiserSet _current = new([], []);
    private bool _closed;

    public DenoiserDirectory(
        IOptions<OrchestratorOptions> options,
        IOptions<SecurityOptions> security,
        IHostResolver resolver,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<DenoiserDirectory> logger,
        ILocalDenoiser? local = null)
    {
        _addresses = [.. options.Value.DenoiserAddresses.Distinct()];
        _resolver = resolver;
        _local = local;
        _refresh = options.Value.DenoiserRefresh;
        var ping = PingOf(options.Value.DenoiserSilence);
        _connection = new DdpmClientOptions
        {
            ApiKey = security.Value.ApiKeys.FirstOrDefault(),
            KeepAlivePingDelay = ping,
            KeepAlivePingTimeout = ping,
            ConnectTimeout = options.Value.DenoiserSilence / 2,
        };
        _time = time;
        _logger = logger;
        foreach (var address in _addresses)
        {
            if (Replica.MayBeSeveral(address))
                _failures[address] = $"{address.IdnHost} was not resolved yet";
            else
                _replicas[address] = [new Replica(address, null)];
        }
        Publish();
        // An open stream would keep a Denoiser of the same process from stopping.
        lifetime.ApplicationStopping.Register(Close);
    }

    /// <summary>Those that are known now.</summary>
    public DenoiserSet Current => _current;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        // Each by itself: a name whose server is slow to answer must not hold up the others.
        Task.WhenAll(_addresses.Where(Replica.MayBeSeveral).Select(address => KeepResolvedAsync(address, stoppingToken)));

    private async Task KeepResolvedAsync(Uri address, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_refresh, _time);
        do
        {
            IPAddress[] answer = [];
            var failure = "it has no address";
            try
            {
                answer = await _resolver.ResolveAsync(address.IdnHost, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                failure = e.Message;
            }
            Learn(address, [.. Replica.Of(address, answer)], failure);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <param name="address">The address that was asked about.</param>
    /// <param name="answer">What its host stands for; empty: it did not resolve.</param>
    /// <param name="failure">Why it is empty, if it is.</param>
    private void Learn(Uri address, ImmutableArray<Replica> answer, string failure)
    {
        lock (_gate)
        {
            var failedBefore = _failures.GetValueOrDefault(address);
            if (answer.IsEmpty)
            {
                _failures[address] = $"{address.IdnHost} does not resolve: {failure}";
                if (_failures[address] == failedBefore)
                    return;
                LogUnresolved(_logger, address, failure, _replicas.GetValueOrDefault(address, []).Length);
            }
            else
            {
                if (failedBefore is null && answer.SequenceEqual(_replicas[address]))
                    return;
                _failures.Remove(address);
                _replicas[address] = answer;
                LogResolved(_logger, address, string.Join(", ", answer.Select(replica => replica.Ip)));
            }
            Publish();
        }
    }

    /// <summary>Puts a set of what is known now in the present one's place; endpoints that stay are the same ones, with what is under way there.</summary>
    private void Publish()
    {
        if (_closed)
            return;
        var before = _current;
        var known = before.Endpoints.ToDictionary(endpoint => endpoint.Replica);
        var endpoints = _addresses
            .SelectMany(address => _replicas.GetValueOrDefault(address, []))
            // Two names of one process are one Denoiser, which must not get twice the rows.
            .DistinctBy(replica => replica.Listener)
            .Select(replica => known.GetValueOrDefault(replica) ?? Connect(replica))
            .ToImmutableArray();
        var unresolved = _addresses.Where(address => !_replicas.ContainsKey(address)).Select(address => _failures[address]);
        _current = new DenoiserSet(endpoints, [.. unresolved]);
        before.Supersede();
        foreach (var gone in before.Endpoints.Except(endpoints))
            gone.Retire();
    }

    private DenoiserEndpoint Connect(Replica replica)
    {
        IDenoiserConnection connection = replica.Address.Scheme == OrchestratorOptions.Local
            ? new LocalConnection(_local ?? throw new InvalidOperationException("This process has no Denoiser."))
            : new RemoteConnection(DdpmClient.Connect(replica.Address, _connection with { ConnectTo = replica.Ip }), _time);
        return new DenoiserEndpoint(replica, connection, _time);
    }

    /// <summary>
    /// How long to wait for a ping's time, and then for its answer, so that both are over within a silence. Each ends when the connection's watch next
    /// looks: every quarter of that time, and no more often than once a second.
    /// </summary>
    private static TimeSpan PingOf(TimeSpan silence)
    {
        var (slow, fast) = (silence * 0.4, silence / 2 - TimeSpan.FromSeconds(1));
        return slow < fast ? slow : fast;
    }

    private void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var endpoint in _current.Endpoints)
                endpoint.Close();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The Denoisers at {Address} are now {Replicas}.")]
    private static partial void LogResolved(ILogger logger, Uri address, string replicas);

    [LoggerMessage(2, LogLevel.Warning, "The host of the Denoisers at {Address} does not resolve ({Reason}); the {Count} known so far are kept.")]
    private static partial void LogUnresolved(ILogger logger, Uri address, string reason, int count);
}
