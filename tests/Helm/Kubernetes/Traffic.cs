using System.Net;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>An end of a connection: a pod of the release's namespace or another one, or an address outside of the cluster.</summary>
/// <param name="Name">What the tests call it.</param>
/// <param name="Namespace">Null: not a pod.</param>
/// <param name="Labels">Of the pod.</param>
/// <param name="Address">Of what is not a pod.</param>
internal sealed record Endpoint(string Name, string? Namespace, IDictionary<string, string>? Labels, IPAddress? Address = null);

/// <summary>
/// Which connections a set of NetworkPolicies permits, by the rules of Kubernetes: a pod that no policy selects for a direction is open in it; otherwise
/// one rule of one policy must permit the connection, at both ends.
/// </summary>
internal sealed class Traffic(string releaseNamespace, IReadOnlyList<V1NetworkPolicy> policies)
{
    public bool IsPermitted(Endpoint from, Endpoint to, int port, string protocol) =>
        IsSent(from, to, port, protocol) && IsTaken(from, to, port, protocol);

    /// <summary>Whether the one end may send.</summary>
    public bool IsSent(Endpoint from, Endpoint to, int port, string protocol) => Permits("Egress", from, to, port, protocol);

    /// <summary>Whether the other end takes it.</summary>
    public bool IsTaken(Endpoint from, Endpoint to, int port, string protocol) => Permits("Ingress", to, from, port, protocol);

    private bool Permits(string direction, Endpoint pod, Endpoint other, int port, string protocol)
    {
        if (pod.Namespace != releaseNamespace)
            return true;
        var selecting = policies.Where(policy => policy.Spec.PolicyTypes.Contains(direction) && policy.Spec.PodSelector.Selects(pod.Labels)).ToList();
        return selecting.Count == 0 || selecting.SelectMany(policy => Rules(policy, direction)).Any(rule => Permits(rule, other, port, protocol));
    }

    private static IEnumerable<Rule> Rules(V1NetworkPolicy policy, string direction) => direction == "Egress"
        ? (policy.Spec.Egress ?? []).Select(rule => new Rule(rule.Ports, rule.To))
        : (policy.Spec.Ingress ?? []).Select(rule => new Rule(rule.Ports, rule.FromProperty));

    private bool Permits(Rule rule, Endpoint other, int port, string protocol) =>
        (rule.Ports is null or [] || rule.Ports.Any(allowed => int.Parse(allowed.Port) == port && (allowed.Protocol ?? "TCP") == protocol))
        && (rule.Peers is null or [] || rule.Peers.Any(peer => IsPeer(peer, other)));

    private bool IsPeer(V1NetworkPolicyPeer peer, Endpoint other)
    {
        if (peer.IpBlock is { } block)
            return other.Address is { } address && IPNetwork.Parse(block.Cidr).Contains(address);
        if (other.Namespace is null)
            return false;
        var isNamespace = peer.NamespaceSelector is { } namespaces
            ? namespaces.Selects(new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = other.Namespace })
            : other.Namespace == releaseNamespace;
        return isNamespace && (peer.PodSelector is null || peer.PodSelector.Selects(other.Labels));
    }

    /// <summary>Ports and peers that go together; none means any.</summary>
    private sealed record Rule(IList<V1NetworkPolicyPort>? Ports, IList<V1NetworkPolicyPeer>? Peers);
}
