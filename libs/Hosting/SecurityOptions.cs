using System.ComponentModel.DataAnnotations;

namespace Ddpm.Hosting;

/// <summary>Who may call (section <c>Security</c>).</summary>
public sealed class SecurityOptions : IValidatableObject
{
    public const string Section = "Security";

    private const int MinimumKeyLength = 16;

    /// <summary>
    /// Keys that are accepted, as a bearer token or as the password of HTTP basic authentication. The first is what this process
    /// itself sends to the others. Empty: no key is asked for, which only loopback allows. Default: empty.
    /// </summary>
    public string[] ApiKeys { get; set; } = [];

    /// <summary>Listen beyond loopback without TLS or without keys all the same; said in the log at every start. Default: false.</summary>
    public bool Insecure { get; set; }

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < ApiKeys.Length; i++)
        {
            if (ApiKeys[i].Length < MinimumKeyLength)
                yield return new ValidationResult(
                    $"{Section}:ApiKeys:{i} has {ApiKeys[i].Length} characters but must have at least {MinimumKeyLength}.");
        }
    }

    /// <summary>Says which address must not be listened on with these options; null when all may.</summary>
    internal string? Refusal(ListenOptions listen)
    {
        if (Insecure)
            return null;
        foreach (var address in listen.Addresses.Where(a => !ListenOptions.IsLoopback(a)))
        {
            if (address.Scheme != Uri.UriSchemeHttps)
                return $"{address} can be reached from other machines and must be https:// (or set {Section}:Insecure=true to accept that).";
            if (ApiKeys.Length == 0)
                return $"{address} can be reached from other machines and needs {Section}:ApiKeys (or set {Section}:Insecure=true to accept that).";
        }
        return null;
    }
}
