using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Registry;

/// <summary>Finds images that a model made.</summary>
public sealed class ModelPictures(ClusterClients cluster)
{
    private readonly Dictionary<string, Job> _newest = [];

    /// <summary>The newest finished job of a model that was asked for; null where none is known.</summary>
    public Job? Of(string model) => _newest.GetValueOrDefault(model);

    /// <summary>Asks for the newest finished job of a model. That it cannot be had leaves a model without a picture.</summary>
    public async Task AskAsync(string model, CancellationToken cancellationToken)
    {
        try
        {
            var request = new ListJobsRequest { Model = model, PageSize = 1, States = { JobState.Succeeded } };
            if ((await cluster.Orchestrator.ListJobsAsync(request, cluster.Unary(cancellationToken))).Jobs is [var job, ..])
                _newest[model] = job;
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }
}
