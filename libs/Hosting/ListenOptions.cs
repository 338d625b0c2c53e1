using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text;

namespace Ddpm.Hosting;

/// <summary>Where a process listens (section <c>Listen</c>).</summary>
public sealed class ListenOptions : IValidatableObject
{
    public const string Section = "Listen";

    /// <summary>Address of gRPC, HTTP/2 alone: <c>http://host:port</c> or <c>https://host:port</c>. Null: no gRPC.</summary>
    public Uri? Grpc { get; set; }

    /// <summary>Address of the web pages, HTTP/1.1 (and HTTP/2 with TLS). Null: no web pages.</summary>
    public Uri? Web { get; set; }

    /// <summary>
    /// Path of a Unix domain socket of gRPC besides <see cref="Grpc"/>, for processes of this machine and this user: a row's way to a Denoiser takes a
    /// quarter of the time that it takes over loopback. One that a lost process left behind is replaced. Null: none.
    /// </summary>
    public string? Socket { get; set; }

    /// <summary>Longest path of a socket in bytes that every system takes.</summary>
    public const int MaximumSocketPath = 103;

    /// <summary>Whether an address can be reached from this machine alone.</summary>
    public static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip));

    internal IEnumerable<Uri> Addresses => new[] { Grpc, Web }.OfType<Uri>();

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var (name, address) in new[] { (nameof(Grpc), Grpc), (nameof(Web), Web) })
        {
            if (address is null)
                continue;
            if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https") || address.AbsolutePath != "/")
                yield return new ValidationResult($"{Section}:{name} is '{address}' but must be http://host:port or https://host:port.");
            else if (!address.IsLoopback && !IPAddress.TryParse(address.DnsSafeHost, out _))
                yield return new ValidationResult(
                    $"{Section}:{name} is '{address}' but its host must be an IP address to listen on (0.0.0.0 for all) or localhost.");
        }
        if (Socket is not null && (!Path.IsPathFullyQualified(Socket) || Encoding.UTF8.GetByteCount(Socket) > MaximumSocketPath))
            yield return new ValidationResult($"{Section}:{nameof(Socket)} is '{Socket}' but must be a full path of at most {MaximumSocketPath} bytes.");
        if (Grpc is not null && Web is not null && Grpc.IsAbsoluteUri && Web.IsAbsoluteUri && Grpc.Port == Web.Port)
            yield return new ValidationResult($"{Section}:Grpc and {Section}:Web are both port {Web.Port} but must differ.");
    }
}
