using System.Net;
using System.Runtime.InteropServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Ddpm.Storage.Files;

namespace Ddpm.Storage.Blobs;

/// <summary>
/// Blobs as objects of a bucket, which any number of processes share. S3 itself replaces an object at once, and what was written is seen by whoever
/// reads or lists next.
/// </summary>
public sealed class S3BlobStore(S3Options options) : IBlobStore, IDisposable
{
    // What a page of a listing has, and what one request may delete.
    private const int KeysPerRequest = 1000;
    private const int Reads = 4;

    private readonly S3Client _client = S3Client.Create(options);

    /// <remarks>A bucket that is not there is not made: a misspelt name would begin an empty store in silence.</remarks>
    /// <inheritdoc/>
    public Task PrepareAsync(CancellationToken cancellationToken = default) =>
        // Says more than a HEAD of the bucket, whose answer has no body, and needs no right that is not needed later.
        PageAsync(Root, continuation: null, maximum: 1, cancellationToken);

    public Task PutAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var request = new PutObjectRequest
        {
            BucketName = options.Bucket,
            Key = ObjectOf(key),
            InputStream = AsStream(content),
            // Signed as a whole: not every server understands a body that is signed by chunks.
            UseChunkEncoding = false,
        };
        return GuardAsync($"write '{key}'", () => _client.PutObjectAsync(request, cancellationToken), cancellationToken);
    }

    public Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var name = ObjectOf(key);
        return GuardAsync($"read '{key}'", () => ReadAsync(name, cancellationToken), cancellationToken);
    }

    public async Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken = default)
    {
        var objects = await ObjectsBelowAsync(folder, cancellationToken);
        // S3 lists in this order already; some servers, and Amazon's directory buckets, do not.
        return [.. objects.Select(name => name[Root.Length..]).Order(StringComparer.Ordinal)];
    }

    public async Task DeleteFolderAsync(string folder, CancellationToken cancellationToken = default)
    {
        foreach (var batch in (await ObjectsBelowAsync(folder, cancellationToken)).Chunk(KeysPerRequest))
        {
            var request = new DeleteObjectsRequest
            {
                BucketName = options.Bucket,
                Objects = [.. batch.Select(name => new KeyVersion { Key = name })],
                Quiet = true,
            };
            await GuardAsync($"delete '{folder}'", () => _client.DeleteObjectsAsync(request, cancellationToken), cancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    private string Root => options.Prefix.Length == 0 ? "" : $"{options.Prefix}/";

    private string ObjectOf(string key) => Root + BlobKey.Checked(key);

    private async Task<List<string>> ObjectsBelowAsync(string folder, CancellationToken cancellationToken)
    {
        // With the slash: the folder a/b does not hold a/bc.
        var prefix = $"{ObjectOf(folder)}/";
        var names = new List<string>();
        string? continuation = null;
        do
        {
            var page = await PageAsync(prefix, continuation, KeysPerRequest, cancellationToken);
            names.AddRange(page.S3Objects?.Select(entry => entry.Key) ?? []);
            continuation = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (continuation is not null);
        return names;
    }

    private Task<ListObjectsV2Response> PageAsync(string prefix, string? continuation, int maximum, CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = options.Bucket, Prefix = prefix, ContinuationToken = continuation, MaxKeys = maximum };
        return GuardAsync("list blobs", () => _client.ListObjectsV2Async(request, cancellationToken), cancellationToken);
    }

    /// <summary>The SDK tries again what fails before an answer begins; an answer that is cut short is asked for again here.</summary>
    private async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        for (var read = 1; ; read++)
        {
            using var response = await FindAsync(name, cancellationToken);
            if (response is null)
                return null;
            try
            {
                // The length is a hint: a proxy may have taken it away.
                var content = new MemoryStream((int)response.ContentLength);
                await response.ResponseStream.CopyToAsync(content, cancellationToken);
                return content.Length == content.Capacity ? content.GetBuffer() : content.ToArray();
            }
            catch (IOException) when (read < Reads)
            {
                // The next request waits by itself until the server is there again.
            }
        }
    }

    private async Task<GetObjectResponse?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.GetObjectAsync(options.Bucket, name, cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }

    private async Task<T> GuardAsync<T>(string doing, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (IsFailureOfTheStore(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var where = options.Endpoint ?? $"Amazon S3 in {options.Region}";
            var message = $"Could not {doing} in the bucket '{options.Bucket}' of {where}: {Reason(e).ReplaceLineEndings(" ")}";
            throw IsRefusal(e) ? new IOException(message, e) : new StorageUnavailableException(message, e);
        }
    }

    // What the store answers with 400 to 499 it will answer again, but for what it says of the moment: slow down, your clock, credentials that are renewed.
    private static bool IsRefusal(Exception exception) => exception is DeleteObjectsException
        || exception is AmazonServiceException
        {
            StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests),
            ErrorCode: not ("RequestTimeout" or "RequestTimeTooSkewed" or "ExpiredToken" or "SlowDown"),
        };

    // A cancellation that the caller did not ask for is a request that took too long.
    private static bool IsFailureOfTheStore(Exception exception) =>
        exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or OperationCanceledException;

    private static string Reason(Exception exception) => exception switch
    {
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } => "there is no such bucket. Make it, or name another one (Storage:S3:Bucket).",
        DeleteObjectsException { Response.DeleteErrors: [var first, ..] } => $"{first.Key}: {first.Code}. {first.Message}",
        AmazonServiceException { ErrorCode.Length: > 0, StatusCode: not 0 } e => $"{e.ErrorCode}. {e.Message}",
        OperationCanceledException => "it did not answer in time.",
        _ => exception.GetBaseException().Message,
    };

    private static MemoryStream AsStream(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out var segment)
        ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);
}
