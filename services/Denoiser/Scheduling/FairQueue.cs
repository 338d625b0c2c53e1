namespace Ddpm.Denoiser;

/// <summary>
/// Requests of one urgency, whose queries are taken one at a time: tenants take turns, the jobs of a tenant take turns, and the requests of a job
/// stand one behind the other. Not safe for several threads.
/// </summary>
internal sealed class FairQueue
{
    private readonly LinkedList<Tenant> _inTurn = [];
    private readonly Dictionary<string, Tenant> _tenants = [];
    private readonly Dictionary<PendingRequest, Line> _lines = [];

    /// <summary>Queries that wait.</summary>
    public int Queries { get; private set; }

    public IEnumerable<PendingRequest> Requests => _lines.Keys;

    public void Add(PendingRequest request)
    {
        var (name, job, _) = request.Turn;
        if (!_tenants.TryGetValue(name, out var tenant))
        {
            _tenants.Add(name, tenant = new Tenant(name));
            tenant.Place = _inTurn.AddLast(tenant);
        }
        if (job.Length == 0 || !tenant.Named.TryGetValue(job, out var line))
        {
            line = new Line(tenant, job);
            line.Place = tenant.Lines.AddLast(line);
            if (job.Length > 0)
                tenant.Named.Add(job, line);
        }
        line.Requests.AddLast(request);
        _lines.Add(request, line);
        Queries += request.Waiting;
    }

    /// <summary>Takes out what waits of a request, if anything does.</summary>
    public void Remove(PendingRequest request)
    {
        if (!_lines.Remove(request, out var line))
            return;
        Queries -= request.Waiting;
        line.Requests.Remove(request);
        if (line.Requests.Count > 0)
            return;
        line.Tenant.Lines.Remove(line.Place);
        line.Tenant.Named.Remove(line.Job);
        if (line.Tenant.Lines.Count > 0)
            return;
        _inTurn.Remove(line.Tenant.Place);
        _tenants.Remove(line.Tenant.Name);
    }

    /// <summary>Takes the query whose turn it is.</summary>
    /// <param name="network">Of this network; null: of any.</param>
    /// <param name="rows">Rows of a forward pass that it may take at most. Where it takes more, none is taken: it goes first the next time.</param>
    public (PendingRequest Request, int Query)? Take(IDenoisingNetwork? network, int rows)
    {
        if (Find(network) is not { } request || request.Queries[request.Next].Rows > rows)
            return null;
        var line = _lines[request];
        var query = request.Take();
        Queries--;
        if (request.Waiting == 0)
            Remove(request);
        // Behind the others, unless nothing of theirs is left.
        MoveToEnd(line.Tenant.Lines, line.Place);
        MoveToEnd(_inTurn, line.Tenant.Place);
        return (request, query);
    }

    private PendingRequest? Find(IDenoisingNetwork? network)
    {
        foreach (var tenant in _inTurn)
        {
            foreach (var line in tenant.Lines)
            {
                foreach (var request in line.Requests)
                {
                    if (network is null || request.Lease.Network == network)
                        return request;
                }
            }
        }
        return null;
    }

    private static void MoveToEnd<T>(LinkedList<T> list, LinkedListNode<T> place)
    {
        if (place.List is null)
            return;
        list.Remove(place);
        list.AddLast(place);
    }

    private sealed class Tenant(string name)
    {
        public string Name => name;

        public LinkedListNode<Tenant> Place { get; set; } = null!;

        public LinkedList<Line> Lines { get; } = [];

        public Dictionary<string, Line> Named { get; } = [];
    }

    /// <summary>The requests of one job.</summary>
    private sealed class Line(Tenant tenant, string job)
    {
        public Tenant Tenant => tenant;

        public string Job => job;

        public LinkedListNode<Line> Place { get; set; } = null!;

        public LinkedList<PendingRequest> Requests { get; } = [];
    }
}
