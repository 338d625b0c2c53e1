namespace Ddpm.Denoiser;

/// <summary>Queries of one network that are evaluated together.</summary>
/// <param name="Lease">The pass's own: a request that is cancelled gives its back while the network is still evaluated.</param>
/// <param name="Threads">Threads that it is spread over.</param>
/// <param name="IsBulk">Whether its queries are.</param>
internal sealed record ForwardPass(NetworkLease Lease, int Threads, bool IsBulk)
{
    public List<(PendingRequest Request, int Query)> Queries { get; } = [];

    /// <summary>Rows that it has: a guided query has two.</summary>
    public int Rows { get; private set; }

    public void Add((PendingRequest Request, int Query) taken)
    {
        Queries.Add(taken);
        Rows += taken.Request.Queries[taken.Query].Rows;
    }
}
