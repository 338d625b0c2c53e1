using System.IO.Compression;
using System.Net;
using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Media;
using Ddpm.Web.Tests.Doubles;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Web.Tests.Media;

public sealed class ModelEndpointsTests : IAsyncLifetime
{
    private readonly InMemoryModels _models = new();
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(Cluster.Of(models: _models));
        _app = builder.Build();
        _app.MapModels();
        await _app.StartAsync(Cancellation);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_Version_IsAZipOfItsFiles()
    {
        _models.Files.Add(("config.json", "{}"u8.ToArray()));
        _models.Files.Add(("README.md", []));
        _models.Files.Add(("diffusion_pytorch_model.safetensors", [.. Enumerable.Range(0, 255).Select(i => (byte)i)]));

        using var response = await _http.GetAsync($"/media/models/garments/{Samples.Version}.zip", Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        response.Content.Headers.ContentDisposition!.FileName.ShouldBe("garments-aaaaaaaaaa.zip");
        _models.Exported.ShouldHaveSingleItem().Version.ShouldBe(Samples.Version);
        using var zip = new ZipArchive(new MemoryStream(await response.Content.ReadAsByteArrayAsync(Cancellation)));
        zip.Entries.Select(entry => entry.FullName).ShouldBe(_models.Files.Select(file => file.Name));
        foreach (var (entry, file) in zip.Entries.Zip(_models.Files))
        {
            using var content = new MemoryStream();
            using (var opened = entry.Open())
                opened.CopyTo(content);
            content.ToArray().ShouldBe(file.Content);
        }
    }

    [Fact]
    public async Task Get_VersionAsOnnx_IsTheFileItself()
    {
        _models.Files.Add(("model.onnx", [.. Enumerable.Range(0, 255).Select(i => (byte)i)]));

        using var response = await _http.GetAsync($"/media/models/garments/{Samples.Version}.onnx", Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        response.Content.Headers.ContentLength.ShouldBe(255);
        response.Content.Headers.ContentDisposition!.FileName.ShouldBe("garments-aaaaaaaaaa.onnx");
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(_models.Files[0].Content);
        _models.Exported.ShouldHaveSingleItem().Format.ShouldBe(ExportFormat.Onnx);
    }

    [Fact]
    public async Task Get_SameVersionAgain_IsTheSameBytes()
    {
        _models.Files.Add(("config.json", "{}"u8.ToArray()));

        var first = await _http.GetByteArrayAsync("/media/models/garments/latest.zip", Cancellation);

        (await _http.GetByteArrayAsync("/media/models/garments/latest.zip", Cancellation)).ShouldBe(first);
    }

    [Theory]
    [InlineData("/media/models/..%2f..%2fetc/latest.zip")]
    [InlineData("/media/models/garments/..%2fconfig.zip")]
    [InlineData("/media/models/Garments/latest.zip")]
    [InlineData("/media/models/garments/.zip")]
    [InlineData("/media/models/garments/..%2fconfig.onnx")]
    [InlineData("/media/models/garments%0aSet-Cookie:x/latest.zip")]
    public async Task Get_WhatIsNoName_IsNotFoundAndAsksNobody(string address)
    {
        using var response = await _http.GetAsync(address, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        _models.Exported.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(StatusCode.NotFound, HttpStatusCode.NotFound, "zip")]
    [InlineData(StatusCode.Unavailable, HttpStatusCode.ServiceUnavailable, "zip")]
    [InlineData(StatusCode.FailedPrecondition, HttpStatusCode.BadGateway, "zip")]
    [InlineData(StatusCode.FailedPrecondition, HttpStatusCode.BadGateway, "onnx")]
    public async Task Get_ExportRefused_SaysSo(StatusCode refusal, HttpStatusCode status, string ending)
    {
        _models.Failure = new RpcException(new Status(refusal, "no"));

        using var response = await _http.GetAsync($"/media/models/garments/latest.{ending}", Cancellation);

        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentDisposition.ShouldBeNull();
    }

    [Fact]
    public async Task Get_ExportToOnnxBreaks_IsNoWholeFile()
    {
        _models.Files.Add(("model.onnx", new byte[200_000]));
        _models.Breakage = RpcErrors.Unavailable("gone");

        await Should.ThrowAsync<HttpRequestException>(() => _http.GetByteArrayAsync("/media/models/garments/latest.onnx", Cancellation));
    }

    [Fact]
    public async Task Get_ExportToOnnxBreaksAtOnce_SaysSo()
    {
        _models.Files.Add(("model.onnx", []));
        _models.Breakage = RpcErrors.Unavailable("gone");

        using var response = await _http.GetAsync("/media/models/garments/latest.onnx", Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Get_ExportBreaks_IsNoWholeZip()
    {
        _models.Files.Add(("config.json", new byte[200_000]));
        _models.Breakage = RpcErrors.Unavailable("gone");

        await Should.ThrowAsync<HttpRequestException>(() => _http.GetByteArrayAsync("/media/models/garments/latest.zip", Cancellation));
    }

    [Theory]
    [InlineData("../config.json")]
    [InlineData("..")]
    [InlineData("a\\b")]
    public async Task Get_FileThatWouldLeadOutOfItsFolder_IsNoZip(string name)
    {
        _models.Files.Add(("config.json", [1]));
        _models.Files.Add((name, [1]));

        await Should.ThrowAsync<HttpRequestException>(() => _http.GetByteArrayAsync("/media/models/garments/latest.zip", Cancellation));
    }
}
