using Docker.DotNet.Models;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;

namespace Ddpm.Containers.Tests.Support;

/// <summary>What the engine counts on a container's network. Of a Denoiser nearly all are rows, which are much larger than pings and their answers.</summary>
internal static class Traffic
{
    /// <returns>Bytes that the container has received since it was started, from others than itself.</returns>
    public static async Task<long> ReceivedAsync(IContainer container)
    {
        using var engine = TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder(Guid.NewGuid()).Build();
        var answer = new Answer();
        await engine.Containers.GetContainerStatsAsync(
            container.Id, new ContainerStatsParameters { Stream = false, OneShot = true }, answer, TestContext.Current.CancellationToken);
        return answer.Stats!.Networks!.Values.Sum(network => (long)network.RxBytes);
    }

    public static Task<long[]> ReceivedAsync(IEnumerable<IContainer> containers) => Task.WhenAll(containers.Select(ReceivedAsync));

    private sealed class Answer : IProgress<ContainerStatsResponse>
    {
        public ContainerStatsResponse? Stats { get; private set; }

        public void Report(ContainerStatsResponse value) => Stats = value;
    }
}
