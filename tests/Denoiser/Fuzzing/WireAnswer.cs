using System.Buffers.Binary;
using System.Globalization;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>What a server answers to one call: messages, then a status.</summary>
internal sealed class WireAnswer(Task<HttpResponseMessage> response, CancellationToken cancellationToken) : IDisposable
{
    private readonly byte[] _header = new byte[5];

    /// <summary>Completed when the server has begun to answer.</summary>
    public Task Headers => response;

    /// <summary>The next message; null: there are no more, and <see cref="StatusAsync"/> says how the call ended.</summary>
    public async Task<byte[]?> NextAsync()
    {
        var stream = await (await response).Content.ReadAsStreamAsync(cancellationToken);
        var read = await stream.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
            return null;
        read.ShouldBe(_header.Length, "a frame's header ends early");
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(1))];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return message;
    }

    /// <summary>The status, once all messages are read.</summary>
    public async Task<WireStatus> StatusAsync()
    {
        var answer = await response;
        var code = Header(answer, "grpc-status") ?? throw new InvalidDataException($"no grpc-status, but HTTP status {(int)answer.StatusCode}");
        return new WireStatus(
            (StatusCode)int.Parse(code, CultureInfo.InvariantCulture),
            Uri.UnescapeDataString(Header(answer, "grpc-message") ?? ""),
            Header(answer, "grpc-status-details-bin"));
    }

    public void Dispose()
    {
        if (response.IsCompletedSuccessfully)
            response.Result.Dispose();
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.TrailingHeaders.TryGetValues(name, out var values) || answer.Headers.TryGetValues(name, out values) ? values.Single() : null;
}
