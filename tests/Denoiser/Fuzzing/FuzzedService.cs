using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>A service all of whose rpcs are called.</summary>
/// <param name="Descriptor">The generated <c>Descriptor</c>.</param>
/// <param name="Seeds">Valid requests by the name of the rpc; one without seeds begins with an empty message.</param>
/// <param name="Streams">How the answers of its bidirectional rpcs belong to their requests, by the name of the rpc.</param>
internal sealed record FuzzedService(
    ServiceDescriptor Descriptor, ILookup<string, Seed> Seeds, IReadOnlyDictionary<string, StreamMatching> Streams)
{
    public IEnumerable<FuzzedRpc> Rpcs => Descriptor.Methods.Select(rpc => new FuzzedRpc(
        rpc,
        Seeds.Contains(rpc.Name) ? [.. Seeds[rpc.Name]] : [new Seed(rpc.InputType.Parser.ParseFrom(ByteString.Empty), IsConstant: false)],
        Streams.GetValueOrDefault(rpc.Name)));
}

/// <summary>A valid request.</summary>
/// <param name="Request">The message.</param>
/// <param name="IsConstant">Whether it is answered with the same bytes every time.</param>
internal sealed record Seed(IMessage Request, bool IsConstant = true);

/// <summary>One rpc, and what is known about it.</summary>
internal sealed class FuzzedRpc(MethodDescriptor descriptor, IReadOnlyList<Seed> seeds, StreamMatching? matching)
{
    public string Name => descriptor.Name;

    public string Path { get; } = $"/{descriptor.Service.FullName}/{descriptor.Name}";

    public bool TakesStream => descriptor.IsClientStreaming;

    public IReadOnlyList<Seed> Seeds => seeds;

    public MessageParser Requests => descriptor.InputType.Parser;

    public MessageParser Answers => descriptor.OutputType.Parser;

    /// <summary>Null: answers of a stream are only counted.</summary>
    public StreamMatching? Matching => matching;

    /// <summary>How often it is called beside the others: a request without fields has little to change.</summary>
    public int Weight => descriptor.InputType.Fields.InDeclarationOrder().Count == 0 ? 1 : 8;

    /// <summary>What the contract says that a call may end with.</summary>
    public IReadOnlySet<StatusCode> Statuses { get; } = DocumentedStatuses.Of(descriptor);

    /// <summary>What the contract says that an answer on a stream may say.</summary>
    public IReadOnlySet<StatusCode> AnswerStatuses { get; } = matching is null
        ? DocumentedStatuses.Of(descriptor)
        : DocumentedStatuses.Of(descriptor.Service.FindMethodByName(matching.SameAs)).Union(DocumentedStatuses.Of(descriptor)).ToHashSet();
}
