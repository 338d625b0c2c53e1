using System.ComponentModel.DataAnnotations;

namespace Ddpm.Web;

/// <summary>Where the gallery finds the cluster (section <c>Gallery</c>).</summary>
public sealed class GalleryOptions : IValidatableObject
{
    public const string Section = "Gallery";

    /// <summary>Address of the Orchestrator: <c>http://host:port</c> or <c>https://host:port</c>. Default: this machine's Standalone.</summary>
    public Uri OrchestratorAddress { get; set; } = new("http://127.0.0.1:5081");

    /// <summary>Address of the Trainer, which serves the model registry. Default: this machine's Standalone.</summary>
    public Uri TrainerAddress { get; set; } = new("http://127.0.0.1:5081");

    /// <summary>
    /// Folder of the keys with which ASP.NET protects what browsers send back, so that pages outlive a restart and several galleries share them; made
    /// when it is not there. Default: none, ASP.NET's own place in the user's home.
    /// </summary>
    public string? KeysFolder { get; set; }

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var (name, address) in new[] { (nameof(OrchestratorAddress), OrchestratorAddress), (nameof(TrainerAddress), TrainerAddress) })
        {
            if (address is not { IsAbsoluteUri: true, Scheme: "http" or "https", AbsolutePath: "/" })
                yield return new ValidationResult($"{Section}:{name} is '{address}' but must be http://host:port or https://host:port.", [name]);
        }
    }
}
