using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Ddpm.Storage.Blobs;

/// <summary>The bucket that keeps blobs (section <c>Storage:S3</c>), at Amazon or at any server that speaks S3.</summary>
public sealed partial class S3Options : IValidatableObject
{
    private const string Section = $"{StorageOptions.Section}:{nameof(StorageOptions.S3)}";

    /// <summary>Address of the server, <c>http://host:port</c> or <c>https://host</c>; the bucket is then part of the path. Default: null, Amazon's of <see cref="Region"/>.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The bucket, which must be there already. Required.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>The region that requests are signed for. Default: null, which is <c>us-east-1</c> with an <see cref="Endpoint"/>, and must be set without one.</summary>
    public string? Region { get; set; }

    /// <summary>Access key id. Default: null, the SDK's own chain: environment, profile, role of the container or machine.</summary>
    public string? AccessKey { get; set; }

    /// <summary>Secret of the <see cref="AccessKey"/>; both are set, or neither.</summary>
    public string? SecretKey { get; set; }

    /// <summary>Folder of the bucket below which all blobs lie, as a blob's key. Default: empty, the bucket itself.</summary>
    public string Prefix { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!BucketPattern().IsMatch(Bucket))
            yield return Refusal(nameof(Bucket), Bucket, "must be 3 to 63 characters of a-z, 0-9, '.' and '-', beginning and ending with a letter or digit");
        if (Endpoint is not null && !IsAddress(Endpoint))
            yield return Refusal(nameof(Endpoint), Endpoint, "must be http://host:port or https://host, without a path");
        if (Region is null ? Endpoint is null : !RegionPattern().IsMatch(Region))
            yield return Refusal(nameof(Region), Region, $"must name a region, like eu-central-1, where there is no {Section}:{nameof(Endpoint)}");
        if (Prefix.Length > 0 && !BlobKey.IsValid(Prefix))
            yield return Refusal(nameof(Prefix), Prefix, $"must be empty or {BlobKey.Rule}");
        // A secret is not repeated.
        if (string.IsNullOrEmpty(AccessKey) != string.IsNullOrEmpty(SecretKey))
            yield return new ValidationResult($"{Section}:{nameof(AccessKey)} and {Section}:{nameof(SecretKey)} must both be set, or neither.");
    }

    private static ValidationResult Refusal(string setting, string? value, string rule) => new($"{Section}:{setting} is '{value}' but {rule}.");

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address is { PathAndQuery: "/", Fragment: "", UserInfo: "" };

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z")]
    private static partial Regex BucketPattern();

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex RegionPattern();
}
