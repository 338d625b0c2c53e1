using System.Security.Cryptography;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Model;

namespace Ddpm.Storage.Blobs;

/// <summary>The SDK's client, set so that it works with Amazon and with other servers that speak S3.</summary>
internal sealed class S3Client : AmazonS3Client
{
    // With the SDK's delays, which double, some half a minute in all.
    private const int Retries = 10;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // Of a server that takes a request and does not answer. Time enough for the largest blob on a slow line.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private S3Client(AmazonS3Config config)
        : base(config)
    {
    }

    private S3Client(AWSCredentials credentials, AmazonS3Config config)
        : base(credentials, config)
    {
    }

    public static S3Client Create(S3Options options)
    {
        var config = new AmazonS3Config
        {
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Retries,
            // Many requests that wait for a server to come back must not use up each other's retries.
            ThrottleRetries = false,
            ConnectTimeout = ConnectTimeout,
            Timeout = AnswerTimeout,
            // Other servers may not know Amazon's trailing checksums; the signature covers the body already.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            // The options say where, not the environment.
            IgnoreConfiguredEndpointUrls = true,
        };
        if (options.Endpoint is not null)
        {
            config.ServiceURL = options.Endpoint;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
            config.ForcePathStyle = true;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }
        return options.AccessKey is { Length: > 0 } accessKey
            ? new S3Client(new BasicAWSCredentials(accessKey, options.SecretKey), config)
            : new S3Client(config);
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.AddHandlerAfter<Marshaller>(new ContentMd5());
    }

    /// <summary>Deleting many objects takes a digest of the request: the SDK sends a CRC32, where servers of before that want Content-MD5.</summary>
    private sealed class ContentMd5 : PipelineHandler
    {
        public override Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            var (original, request) = (executionContext.RequestContext.OriginalRequest, executionContext.RequestContext.Request);
            if (original is DeleteObjectsRequest)
            {
                request.Headers["Content-MD5"] = Convert.ToBase64String(MD5.HashData(request.ContentStream));
                request.ContentStream.Position = 0;
            }
            return base.InvokeAsync<T>(executionContext);
        }
    }
}
