using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Ddpm.Protocol;

/// <summary>Collects what is wrong with a request, so that one answer names every field and its rule.</summary>
public sealed class Violations
{
    /// <summary>Most violations that one answer lists.</summary>
    public const int Limit = 50;

    private readonly List<(string Field, string Rule)> _items = [];

    public bool HasAny => _items.Count > 0;

    public IReadOnlyList<(string Field, string Rule)> Items => _items;

    /// <summary>Notes that a field breaks a rule.</summary>
    /// <returns>False, so that a check can end with it.</returns>
    public bool Add(string field, string rule)
    {
        if (_items.Count < Limit)
            _items.Add((field, rule));
        return false;
    }

    /// <summary>Throws INVALID_ARGUMENT with a <see cref="BadRequest"/> when anything was noted.</summary>
    /// <exception cref="RpcException">Something was noted.</exception>
    public void ThrowIfAny()
    {
        if (HasAny)
            throw ToRpcException();
    }

    public RpcException ToRpcException()
    {
        var badRequest = new BadRequest();
        foreach (var (field, rule) in _items)
            badRequest.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = rule });
        return new Google.Rpc.Status
        {
            Code = (int)Code.InvalidArgument,
            Message = string.Join("; ", _items.Select(v => $"{v.Field} {v.Rule}")),
            Details = { Any.Pack(badRequest) },
        }.ToRpcException();
    }
}
