using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>Which version a model's name stands for together with a version id, an alias, or nothing, which is <c>latest</c>.</summary>
internal sealed class ModelLookup(IModelStore store)
{
    /// <summary>Notes what can be neither a model's name nor a version.</summary>
    public static void Check(string model, string modelField, string version, string versionField, Violations violations)
    {
        if (!ModelName.IsModel(model))
            violations.Add(modelField, ModelName.Rule);
        if (version.Length > 0 && !ModelName.IsAlias(version) && !ModelName.IsVersion(version))
            violations.Add(versionField, "must be empty, an alias or a version's 64 hexadecimal digits in lower case");
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: the fields <c>name</c> and <c>version</c> of a request can be neither.</exception>
    public static void ThrowIfImpossible(string name, string version)
    {
        var violations = new Violations();
        Check(name, "name", version, "version", violations);
        violations.ThrowIfAny();
    }

    /// <exception cref="RpcException">NOT_FOUND, or FAILED_PRECONDITION: its files do not describe a network.</exception>
    public async Task<StoredVersion> ResolveAsync(string model, string version, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ResolveAsync(model, version, cancellationToken)
                ?? throw RpcErrors.NotFound($"There is no version or alias '{(version.Length > 0 ? version : ModelName.Latest)}' of a model '{model}'.");
        }
        catch (InvalidModelException e)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
    }

    /// <summary>Answers the version's id; one that is an id already is not looked for.</summary>
    /// <inheritdoc cref="ResolveAsync" path="/exception"/>
    public async Task<string> ResolveIdAsync(string model, string version, CancellationToken cancellationToken) =>
        ModelName.IsVersion(version) ? version : (await ResolveAsync(model, version, cancellationToken)).Version;

    /// <summary>Ids of a model's versions, newest first.</summary>
    public async Task<IEnumerable<string>> VersionsAsync(string model, CancellationToken cancellationToken) =>
        (await store.FindAsync(model, cancellationToken))?.Versions.Select(version => version.Version) ?? [];
}
