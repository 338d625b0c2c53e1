using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ddpm.Hosting;

/// <summary>
/// Accepts one of <see cref="SecurityOptions.ApiKeys"/> as a bearer token (programs) or as the password of HTTP basic
/// authentication (browsers). Without keys every caller is accepted: the start has made sure that this is loopback or meant. A caller's name is a fingerprint of its key, and empty without keys.
/// </summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    IOptions<SecurityOptions> security) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";

    private readonly byte[][] _acceptedHashes = [.. security.Value.ApiKeys.Select(Hash)];

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (_acceptedHashes.Length == 0)
            return Task.FromResult(Accept(""));
        if (PresentedKey() is not { } key)
            return Task.FromResult(AuthenticateResult.NoResult());

        var presented = Hash(key);
        var known = false;
        foreach (var accepted in _acceptedHashes)
            known |= CryptographicOperations.FixedTimeEquals(presented, accepted);
        return Task.FromResult(known ? Accept($"key-{Convert.ToHexStringLower(presented.AsSpan(0, 4))}") : AuthenticateResult.Fail("The API key is not one that this server accepts."));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append("WWW-Authenticate", "Bearer");
        Response.Headers.Append("WWW-Authenticate", "Basic realm=\"ddpm\"");
        return Task.CompletedTask;
    }

    private string? PresentedKey()
    {
        if (!AuthenticationHeaderValue.TryParse(Request.Headers.Authorization, out var header) || header.Parameter is null)
            return null;
        if (header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            return header.Parameter;
        if (!header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return null;
        var buffer = new byte[header.Parameter.Length];
        if (!Convert.TryFromBase64String(header.Parameter, buffer, out var length))
            return null;
        var credentials = Encoding.UTF8.GetString(buffer, 0, length);
        return credentials[(credentials.IndexOf(':') + 1)..];
    }

    private static AuthenticateResult Accept(string name) => AuthenticateResult.Success(
        new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], SchemeName)), SchemeName));

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
