using Ddpm.Storage.Blobs;
using Ddpm.Storage.Jobs;
using Ddpm.Storage.Models;
using Ddpm.Storage.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage;

/// <summary>Registers the stores that a service uses; several services of one process share them.</summary>
public static class StorageServices
{
    public static IServiceCollection AddModelStore(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IModelRegistry, FileModelStore>();
        services.TryAddSingleton<IModelStore>(provider => provider.GetRequiredService<IModelRegistry>());
        return services;
    }

    /// <summary>Files, or the bucket that section <c>Storage:S3</c> names.</summary>
    public static IServiceCollection AddBlobStore(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IBlobStore>(provider => provider.GetRequiredService<IOptions<StorageOptions>>().Value.S3 is { } bucket
            ? new S3BlobStore(bucket)
            : ActivatorUtilities.CreateInstance<FileBlobStore>(provider));
        return services;
    }

    public static IServiceCollection AddJobDatabase(this IServiceCollection services)
    {
        services.TryAddSingleton<IJobDatabase, JobDatabase>();
        return services;
    }

    public static IServiceCollection AddRunDatabase(this IServiceCollection services)
    {
        services.TryAddSingleton<IRunDatabase, RunDatabase>();
        return services;
    }
}
