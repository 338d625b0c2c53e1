using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Ddpm.Hosting.Tests;

public sealed class SecretFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AddServiceDefaults_FileInFolderOfSecrets_IsASetting()
    {
        File.WriteAllText(Path.Combine(_folder, "Storage__Database"), "Host=somewhere\n");

        Configured($"--DDPM_SECRETS={_folder}")["Storage:Database"].ShouldBe("Host=somewhere");
    }

    [Fact]
    public void AddServiceDefaults_SettingBesideFile_GoesBeforeIt()
    {
        File.WriteAllText(Path.Combine(_folder, "Storage__Database"), "Host=somewhere");

        Configured($"--DDPM_SECRETS={_folder}", "--Storage:Database=Host=elsewhere")["Storage:Database"].ShouldBe("Host=elsewhere");
    }

    [Fact]
    public void AddServiceDefaults_FolderOfSecretsIsNotThere_AddsNothing() =>
        Configured($"--DDPM_SECRETS={Path.Combine(_folder, "none")}")["Storage:Database"].ShouldBeNull();

    private static ConfigurationManager Configured(params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(arguments);
        builder.AddServiceDefaults("probe", new ListenOptions());
        return builder.Configuration;
    }
}
