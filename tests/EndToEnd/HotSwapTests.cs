using System.Collections.Concurrent;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ddpm.EndToEnd.Tests;

/// <summary>Versions that are published one after the other while jobs of the newest one run.</summary>
public sealed class HotSwapTests
{
    private const int Publications = 200;
    private const int Clients = 4;
    private const int Compared = 25;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publications_DuringTraffic_FailNoJobAndMixNoTrajectory()
    {
        using var folder = new TemporaryFolder();
        var data = folder.Resolve("data");
        var store = new FileModelStore(Options.Create(new StorageOptions { Root = data }), TimeProvider.System, NullLogger<FileModelStore>.Instance);
        await PublishAsync(store, folder, 0);
        await using var standalone = await StandaloneProcess.StartAsync(data);
        using var client = DdpmClient.Connect(standalone.GrpcAddress);

        var images = new ConcurrentDictionary<string, byte[]>();
        using var published = new CancellationTokenSource();
        var traffic = Enumerable.Range(0, Clients).Select(_ => Task.Run(
            async () =>
            {
                while (!published.IsCancellationRequested)
                {
                    var (version, image) = await RunAsync(client, "");
                    images.GetOrAdd(version, image).ShouldBe(image, "one version, one seed, one image");
                }
            },
            Cancellation)).ToList();
        for (var k = 1; k <= Publications; k++)
            await PublishAsync(store, folder, k);
        await published.CancelAsync();
        await Task.WhenAll(traffic);

        images.Count.ShouldBeGreaterThan(10, "many versions took part");
        images.Values.Select(Convert.ToHexString).Distinct().Count().ShouldBe(images.Count);
        // Each again alone, with nothing being published: the same bytes, so that every step was of the version that the job began with.
        foreach (var (version, image) in images.Take(Compared))
            (await RunAsync(client, version)).Image.ShouldBe(image);
    }

    private static async Task<(string Version, byte[] Image)> RunAsync(DdpmClient client, string version)
    {
        var spec = new JobSpec { Model = TinyModel.Name, Version = version, Sampler = "ddim", Steps = 10, Count = 1, Seed = 7 };
        var job = (await client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: Cancellation)).Job;
        await foreach (var happened in client.WatchJobAsync(job.Id, cancellationToken: Cancellation))
            job = happened.Job;
        job.State.ShouldBe(JobState.Succeeded, job.Error);
        var image = await client.Orchestrator.GetImageAsync(new GetImageRequest { JobId = job.Id }, cancellationToken: Cancellation);
        return (job.Spec.Version, image.Png.ToByteArray());
    }

    /// <summary>Publishes a version of the tiny network.</summary>
    private static async Task PublishAsync(FileModelStore store, TemporaryFolder folder, int number)
    {
        var source = folder.Resolve("source");
        Directory.CreateDirectory(source);
        foreach (var file in Directory.EnumerateFiles(TinyWeights.Folder))
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)), overwrite: true);
        await File.WriteAllBytesAsync(Path.Combine(source, TinyWeights.FileName), await TinyWeights.OfVersionAsync(number), Cancellation);
        await store.PublishAsync(TinyModel.Name, source, new PublishOptions(), Cancellation);
    }
}
