using System.Net;
using Ddpm.Web.Media;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Web.Tests.Media;

public sealed class MediaEndpointsTests : IAsyncLifetime
{
    private const string Job = "00000000-0000-7000-8000-000000000001";

    private readonly InMemoryOrchestrator _orchestrator = new();
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(Cluster.Of(_orchestrator));
        _app = builder.Build();
        _app.MapMedia();
        await _app.StartAsync(Cancellation);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("/images/3.png", "/3")]
    [InlineData("/grid.png", "/grid")]
    [InlineData("/trajectories/2/frames/10/noisy.png", "/2/10/noisy")]
    [InlineData("/trajectories/2/frames/10/denoised.png", "/2/10/denoised")]
    public async Task Get_ImageThatExists_IsPngToKeepForGood(string address, string key)
    {
        _orchestrator.Images[Job + "/2/10/noisy"] = [8];
        _orchestrator.Images[Job + "/2/10/denoised"] = [9];
        _orchestrator.Images[Job + key] = [1, 2, 3];

        using var response = await _http.GetAsync($"/media/jobs/{Job}{address}", Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        response.Headers.CacheControl!.ToString().ShouldContain("immutable");
        response.Headers.CacheControl.MaxAge.ShouldBe(TimeSpan.FromDays(365));
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Get_PictureThatWentIntoAJob_IsPngToKeepForGood()
    {
        _orchestrator.Inputs[new string('a', 64)] = new();

        using var response = await _http.GetAsync(MediaLinks.Input(Job, new string('a', 64)), Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.ToString().ShouldContain("immutable");
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData($"/media/jobs/{Job}/inputs/aaaa.png")]
    [InlineData($"/media/jobs/{Job}/images/3.png")]
    [InlineData($"/media/jobs/{Job}/images/-1.png")]
    [InlineData($"/media/jobs/{Job}/images/three.png")]
    [InlineData($"/media/jobs/{Job}/trajectories/0/frames/0/denoised.png")]
    [InlineData("/media/jobs/not-an-id/grid.png")]
    [InlineData("/media/jobs/..%2f..%2fetc/grid.png")]
    public async Task Get_NothingThere_IsNotFoundAndNeverKept(string address)
    {
        _orchestrator.Images[Job + "/0/0/noisy"] = [1];

        using var response = await _http.GetAsync(address, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Headers.CacheControl?.ToString().ShouldBe("no-store");
    }

    [Fact]
    public async Task Get_OrchestratorDown_IsServiceUnavailable()
    {
        _orchestrator.Failure = Calls.Unavailable();

        using var response = await _http.GetAsync($"/media/jobs/{Job}/grid.png", Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }
}
