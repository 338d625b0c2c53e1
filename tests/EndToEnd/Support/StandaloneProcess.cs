using Ddpm.Protocol;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>Everything in one process, as <c>run.sh</c> starts it, over a data folder of the test's.</summary>
internal sealed class StandaloneProcess : IAsyncDisposable
{
    private readonly ServiceProcess _service;

    private StandaloneProcess(ServiceProcess service)
    {
        _service = service;
        Client = DdpmClient.Connect(service.GrpcAddress!);
    }

    public DdpmClient Client { get; }

    public Uri GrpcAddress => _service.GrpcAddress!;

    public Uri GalleryAddress => _service.WebAddress!;

    public RunningProcess Process => _service.Process;

    public static async Task<StandaloneProcess> StartAsync(string dataRoot, params string[] settings) => new(await ServiceProcess.StartAsync(
        "services/Standalone", "Ddpm.Standalone", ServiceProcess.FreeAddress(), ServiceProcess.FreeAddress(), [$"Storage:Root={dataRoot}", .. settings]));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _service.DisposeAsync();
    }
}
