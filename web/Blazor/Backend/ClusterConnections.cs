using Ddpm.Hosting;
using Ddpm.Protocol;
using Microsoft.Extensions.Options;

namespace Ddpm.Web.Backend;

/// <summary>Keeps the gallery's connections to Orchestrator and Trainer for the life of the process.</summary>
internal sealed class ClusterConnections : IDisposable
{
    private readonly DdpmClient _orchestrator;
    private readonly DdpmClient _trainer;

    public ClusterConnections(IOptions<GalleryOptions> options, IOptions<SecurityOptions> security, TimeProvider time)
    {
        var clientOptions = new DdpmClientOptions { ApiKey = security.Value.ApiKeys.FirstOrDefault(), TimeProvider = time };
        _orchestrator = DdpmClient.Connect(options.Value.OrchestratorAddress, clientOptions);
        _trainer = DdpmClient.Connect(options.Value.TrainerAddress, clientOptions);
        Clients = new ClusterClients(_orchestrator.Orchestrator, _trainer.Trainer, _trainer.Models, _trainer.DataSets, time);
    }

    public ClusterClients Clients { get; }

    public void Dispose()
    {
        _orchestrator.Dispose();
        _trainer.Dispose();
    }
}
