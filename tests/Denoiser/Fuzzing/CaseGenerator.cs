using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Makes the requests of one rpc: some valid ones as they are, most of them changed, some damaged, some sent by a bad client.</summary>
/// <param name="rpc">The rpc.</param>
/// <param name="answers">The right answer to each of its seeds, with id 0 where it has an id; null: it varies.</param>
/// <param name="known">Values that occur in valid requests.</param>
/// <param name="seed">Of the whole fuzz.</param>
internal sealed class CaseGenerator(
    FuzzedRpc rpc, IReadOnlyList<byte[]?> answers, IReadOnlyDictionary<FieldType, object[]> known, int seed)
{
    /// <summary>One in so many is as large as a message may be, or larger: they cost a thousand times as much as another.</summary>
    private const int HeavyEvery = 5000;

    private static readonly Framing[] BadFramings =
        [Framing.DamagedGzip, Framing.UnknownFlag, Framing.CutShort, Framing.SaidTooLarge, Framing.SaidEndless, Framing.Missing, Framing.Twice];

    private readonly byte[][] _seeds = [.. rpc.Seeds.Select(valid => valid.Request.ToByteArray())];
    private readonly MessageParser _known = rpc.Requests.WithDiscardUnknownFields(true);

    public FuzzCase Make(long index)
    {
        var random = FuzzRandom.Of(seed, index);
        var chosen = random.Next(_seeds.Length);
        var message = rpc.Requests.ParseFrom(_seeds[chosen]);
        rpc.Matching?.SetIdOfRequest(message, (ulong)index);

        // One that leaves takes its whole stream with it.
        var manner = random.Next(400) switch
        {
            < 1 => Manner.Leaves,
            < 4 when !rpc.TakesStream => Manner.Leaves,
            < 8 when !rpc.TakesStream => Manner.Hurries,
            _ => Manner.Waits,
        };
        if (index % HeavyEvery == HeavyEvery / 4)
            return Heavy(index, message.ToByteArray());
        return random.Next(100) switch
        {
            < 12 => Judge(index, "nothing", message.ToByteArray(), Framing.Plain, manner),
            < 14 => Judge(index, "nothing", message.ToByteArray(), Framing.Gzip, manner),
            < 75 => Changed(index, random, message, manner),
            < 96 => Damaged(index, random, message.ToByteArray(), manner),
            _ => Judge(index, "nothing", message.ToByteArray(), Bad(random), Manner.Waits),
        };
    }

    private FuzzCase Changed(long index, Random random, IMessage message, Manner manner)
    {
        var mutation = new MessageMutation(random, new ScalarValues(random, known));
        var changes = new List<string>();
        do
            changes.Add(mutation.Apply(message));
        while (changes.Count < 5 && random.Next(3) == 0);
        return Judge(index, string.Join(", ", changes), message.ToByteArray(), random.Next(50) == 0 ? Framing.Gzip : Framing.Plain, manner);
    }

    private FuzzCase Damaged(long index, Random random, byte[] message, Manner manner)
    {
        var (bytes, what) = new BytesMutation(random).Apply(message, _seeds[random.Next(_seeds.Length)]);
        return Judge(index, what, bytes, Framing.Plain, manner);
    }

    private FuzzCase Heavy(long index, byte[] message) => (index / HeavyEvery % 3) switch
    {
        0 => Judge(index, "an unknown field up to the limit", Padded(message), Framing.Plain, Manner.Waits),
        1 => Judge(index, "nothing", message, Framing.TooLarge, Manner.Waits),
        _ => Judge(index, "nothing", message, Framing.Bomb, Manner.Waits),
    };

    private Framing Bad(Random random)
    {
        var framing = BadFramings[random.Next(BadFramings.Length)];
        // A stream may hold none, or two.
        return rpc.TakesStream && framing is Framing.Missing or Framing.Twice ? Framing.UnknownFlag : framing;
    }

    /// <summary>Adds what the answer must be, as far as that is known.</summary>
    private FuzzCase Judge(long index, string what, byte[] bytes, Framing framing, Manner manner)
    {
        var made = new FuzzCase(index, what, bytes, framing, manner) { MustBe = Frame.MustBe(framing) };
        if (made.MustBe is not null)
            return made;
        IMessage read;
        try
        {
            // As the server does; a parser that discards what it does not know does not look at it either.
            rpc.Requests.ParseFrom(bytes);
            read = _known.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return made with { MustBe = StatusCode.InvalidArgument };
        }
        var id = rpc.Matching?.IdOfRequest(read);
        rpc.Matching?.SetIdOfRequest(read, 0);
        var same = SeedThatIs(read.ToByteArray());
        return made with
        {
            Id = id,
            IsAnswered = rpc.Matching?.IsAnswered(read) ?? true,
            MustBe = same is null ? null : StatusCode.OK,
            MustAnswer = same is null ? null : answers[same.Value],
        };
    }

    /// <summary>Whatever was done to it: a request that says the same as a valid one is that one.</summary>
    private int? SeedThatIs(ReadOnlySpan<byte> message)
    {
        for (var i = 0; i < _seeds.Length; i++)
        {
            if (message.SequenceEqual(_seeds[i]))
                return i;
        }
        return null;
    }

    /// <summary>The message and a field of zeros that nobody knows, together as large as a message may be.</summary>
    private static byte[] Padded(byte[] message)
    {
        var padded = new byte[Frame.MaximumBytes];
        message.CopyTo(padded, 0);
        var field = padded.AsSpan(message.Length);
        // Field 1000 of bytes, and its length in four groups of seven bits.
        (field[0], field[1]) = (0xc2, 0x3e);
        var length = field.Length - 6;
        for (var i = 0; i < 4; i++)
            field[2 + i] = (byte)((length >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
        return padded;
    }
}
