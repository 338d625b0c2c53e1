using System.Net.Http.Headers;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>gRPC's calls as frames on HTTP/2, so that what no client library would send can be sent too.</summary>
internal sealed class WireChannel(Uri address) : IDisposable
{
    private static readonly MediaTypeHeaderValue Grpc = new("application/grpc");

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });

    /// <summary>Sends a whole body and ends this side.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="body">Frames, well formed or not.</param>
    /// <param name="headers">Beside what every call has.</param>
    /// <param name="cancellationToken">Resets the call.</param>
    public WireAnswer Send(
        string path, ReadOnlyMemory<byte> body, IEnumerable<(string Name, string Value)> headers, CancellationToken cancellationToken) =>
        new(SendAsync(path, new ReadOnlyMemoryContent(body), headers, cancellationToken), cancellationToken);

    /// <summary>Opens a call whose frames are written one after the other.</summary>
    public WireStream Open(string path, IEnumerable<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var body = new OpenBody();
        return new WireStream(body, new WireAnswer(SendAsync(path, body, headers, cancellationToken), cancellationToken));
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> SendAsync(
        string path, HttpContent body, IEnumerable<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        body.Headers.ContentType = Grpc;
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return _http.SendAsync(request, cancellationToken);
    }
}
