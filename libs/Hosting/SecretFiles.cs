using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace Ddpm.Hosting;

/// <summary>
/// Settings that a container has as files, as Docker and Kubernetes mount secrets: the file <c>Storage__Database</c> holds <c>Storage:Database</c>.
/// </summary>
internal static class SecretFiles
{
    /// <summary>The setting, as a rule an environment variable, that names the folder. Unset, or naming none that is there: no such settings.</summary>
    public const string Folder = "DDPM_SECRETS";

    /// <summary>Adds them; whatever the environment or the command line says goes before them.</summary>
    public static void AddSecretFiles(this ConfigurationManager configuration)
    {
        if (configuration[Folder] is { Length: > 0 } folder && Directory.Exists(folder))
            configuration.Sources.Insert(0, new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)) });
    }
}
