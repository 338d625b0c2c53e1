using Ddpm.Storage;
using Ddpm.Storage.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>A checkpoint that evaluates in milliseconds, for tests that are about everything but the pictures.</summary>
internal static class TinyModel
{
    public const string Name = ClusterJobs.Model;

    /// <summary>Publishes the recorded network of tests/Networks/goldens (1×32×32, unconditional) into a data folder.</summary>
    public static Task PublishAsync(string dataRoot) =>
        new FileModelStore(Options.Create(new StorageOptions { Root = dataRoot }), TimeProvider.System, NullLogger<FileModelStore>.Instance).PublishAsync(
            Name, TinyWeights.Folder, new PublishOptions { Aliases = ["latest"] }, TestContext.Current.CancellationToken);
}
