using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ddpm.Web.Tests;

public sealed partial class GalleryHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/gallery")]
    [InlineData("/train")]
    [InlineData("/models")]
    [InlineData("/models/fashion-mnist")]
    [InlineData("/runs/00000000-0000-7000-9000-000000000001")]
    public async Task MapGallery_Page_ComesWithAllItsFilesAndNoneFromElsewhere(string address)
    {
        await using var app = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        var html = await http.GetStringAsync(address, Cancellation);

        var files = File().Matches(html).Select(match => match.Groups[1].Value).Distinct().ToList();
        files.ShouldContain(file => file.Contains("_framework/blazor.web"));
        files.ShouldContain(file => file.Contains("_content/MudBlazor/MudBlazor.min") && file.EndsWith(".css"));
        files.ShouldContain(file => file.Contains("Ddpm.Web.") && file.EndsWith(".styles.css"));
        files.ShouldAllBe(file => !file.StartsWith("http") && !file.StartsWith("//"));
        foreach (var file in files.Append("fonts/fraunces.woff2").Append("noise.png").Append("road.png").Append("strip.svg"))
        {
            using var response = await http.GetAsync("/" + file, Cancellation);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, file);
            (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length.ShouldBeGreaterThan(0, file);
        }
    }

    [Fact]
    public async Task MapGallery_UnknownPage_IsAFriendlyNotFound()
    {
        await using var app = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        using var response = await http.GetAsync("/nowhere", Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldContain("Nothing but noise here.");
    }

    [Theory]
    [InlineData("Gallery:OrchestratorAddress", "ftp://somewhere")]
    [InlineData("Gallery:TrainerAddress", "http://host:1/path")]
    public async Task AddGallery_BadAddress_RefusesToStartNamingSettingAndRule(string key, string value)
    {
        var refusal = await Should.ThrowAsync<OptionsValidationException>(() => StartAsync($"--{key}={value}"));

        refusal.Message.ShouldContain(key);
        refusal.Message.ShouldContain(value);
        refusal.Message.ShouldContain("http://host:port");
    }

    [Fact]
    public async Task AddGallery_KeysFolder_LetsAnotherProcessReadWhatOneProtected()
    {
        var keys = Directory.CreateTempSubdirectory("ddpm-keys-");
        try
        {
            string sealedText;
            await using (var first = await StartAsync($"--Gallery:KeysFolder={keys.FullName}"))
                sealedText = Protector(first).Protect("x_t");
            await using var second = await StartAsync($"--Gallery:KeysFolder={keys.FullName}");

            Protector(second).Unprotect(sealedText).ShouldBe("x_t");
        }
        finally
        {
            keys.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task AddGallery_KeysFolderThatCannotBeMade_RefusesToStart() =>
        await Should.ThrowAsync<IOException>(() => StartAsync("--Gallery:KeysFolder=/dev/null/keys"));

    private static IDataProtector Protector(WebApplication app) =>
        app.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");

    private static async Task<WebApplication> StartAsync(params string[] args)
    {
        // The name under which the gallery's build left the list of its files beside these tests.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Ddpm.Web", Args = args });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddGallery();
        builder.Services.AddOptions<Ddpm.Hosting.SecurityOptions>();
        var app = builder.Build();
        app.MapGallery();
        await app.StartAsync(Cancellation);
        return app;
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]+\\.(?:css|js|svg|png))\"")]
    private static partial Regex File();
}
