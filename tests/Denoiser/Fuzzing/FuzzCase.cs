using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>What a client does beside asking.</summary>
internal enum Manner
{
    /// <summary>Waits for the answer.</summary>
    Waits,

    /// <summary>Resets the call within milliseconds.</summary>
    Leaves,

    /// <summary>Gives the call so little time that it may or may not suffice.</summary>
    Hurries,
}

/// <summary>One request of the fuzz.</summary>
/// <param name="Index">Its number, of which with the seed all else is a function.</param>
/// <param name="What">What was done to a valid request, for people.</param>
/// <param name="Message">Its bytes.</param>
/// <param name="Framing">How they are sent.</param>
/// <param name="Manner">What the client does.</param>
internal sealed record FuzzCase(long Index, string What, byte[] Message, Framing Framing, Manner Manner)
{
    /// <summary>The only status that is right; null: any that the contract names.</summary>
    public StatusCode? MustBe { get; init; }

    /// <summary>The only answer that is right, with id 0 where it has an id; null: any.</summary>
    public byte[]? MustAnswer { get; init; }

    /// <summary>Its id on a stream; null: it has none that can be read.</summary>
    public ulong? Id { get; init; }

    /// <summary>Whether it is answered, as far as it can be read.</summary>
    public bool IsAnswered { get; init; } = true;

    /// <summary>Whether it is no request, so that a stream on which it comes ends.</summary>
    public bool EndsStream => MustBe is not (null or StatusCode.OK);
}
