using Ddpm.V1;

namespace Ddpm.Cli.Models;

/// <summary>Finds a version by its id, an unambiguous beginning of it, or an alias.</summary>
internal static class VersionLookup
{
    private const int ShortestBeginning = 4;

    /// <exception cref="CommandException">The model has no such version or alias.</exception>
    /// <exception cref="Grpc.Core.RpcException">NOT_FOUND: no such model.</exception>
    public static async Task<ModelVersion> FindAsync(CommandRun run, string model, string versionOrAlias)
    {
        var answer = await run.Server.Trainer.Models.GetModelAsync(new GetModelRequest { Name = model }, cancellationToken: run.Cancelled);
        return Find(answer.Model, versionOrAlias);
    }

    /// <summary>What <c>latest</c> names; before the first run of a model has ended, its newest candidate.</summary>
    public static ModelVersion Newest(Model model) => model.Aliases.ContainsKey("latest") ? Find(model, "latest") : model.Versions[0];

    /// <exception cref="CommandException">The model has no such version or alias.</exception>
    public static ModelVersion Find(Model model, string versionOrAlias)
    {
        var wanted = model.Aliases.TryGetValue(versionOrAlias, out var id) ? id : versionOrAlias;
        var matches = model.Versions
            .Where(version => version.Version == wanted || (wanted.Length >= ShortestBeginning && version.Version.StartsWith(wanted, StringComparison.Ordinal)))
            .ToList();
        return matches switch
        {
            [var only] => only,
            [] => throw new CommandException(ExitCodes.NotFound,
                $"Model '{model.Name}' has no version or alias '{versionOrAlias}'. Aliases: {string.Join(", ", model.Aliases.Keys.Order())}."),
            _ => throw new CommandException(ExitCodes.Usage, $"{matches.Count} versions of '{model.Name}' begin with '{versionOrAlias}'; give more digits."),
        };
    }
}
