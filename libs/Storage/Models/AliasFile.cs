using System.Globalization;
using System.Text;
using Ddpm.Storage.Files;

namespace Ddpm.Storage.Models;

/// <summary>An alias came to mean a version.</summary>
/// <param name="Alias">The alias.</param>
/// <param name="Version">What it means since.</param>
/// <param name="Time">When.</param>
public sealed record AliasMove(string Alias, string Version, DateTimeOffset Time);

/// <summary>
/// The file of an alias: a line <c>VERSION TIME</c> for each of its last moves, of which the last counts. It is replaced whole, so that a move is
/// one rename.
/// </summary>
internal sealed class AliasFile(string path)
{
    private const int MovesKept = 50;

    private string Alias => Path.GetFileName(path);

    /// <returns>The moves, oldest first; empty when there is no such alias.</returns>
    public async Task<IReadOnlyList<AliasMove>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await File.ReadAllLinesAsync(path, cancellationToken)).Select(Parse).OfType<AliasMove>()];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Moves the alias; a move to what it means already is none.</summary>
    public async Task MoveAsync(string version, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var moves = await ReadAsync(cancellationToken);
        if (moves.Count == 0 || moves[^1].Version != version)
            await WriteAsync(moves.Append(new AliasMove(Alias, version, time)), cancellationToken);
    }

    /// <summary>Takes back the last move, and those before to versions that are gone.</summary>
    /// <returns>What it means now; null when there is nothing to go back to, and nothing has changed.</returns>
    public async Task<string?> RollBackAsync(Func<string, bool> exists, CancellationToken cancellationToken)
    {
        var moves = await ReadAsync(cancellationToken);
        var kept = moves.SkipLast(1).Reverse().SkipWhile(move => move.Version == moves[^1].Version || !exists(move.Version)).Reverse().ToList();
        if (kept.Count == 0)
            return null;
        await WriteAsync(kept, cancellationToken);
        return kept[^1].Version;
    }

    private Task WriteAsync(IEnumerable<AliasMove> moves, CancellationToken cancellationToken) => AtomicFile.WriteAsync(
        path,
        Encoding.ASCII.GetBytes(string.Concat(moves.TakeLast(MovesKept).Select(move => $"{move.Version} {move.Time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)}\n"))),
        cancellationToken);

    private AliasMove? Parse(string line)
    {
        var parts = line.Split(' ', 2);
        if (!ModelName.IsVersion(parts[0]))
            return null;
        // A line without a time is of before moves were kept.
        var time = parts is [_, var text] && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
            ? parsed
            : new DateTimeOffset(File.GetLastWriteTimeUtc(path));
        return new AliasMove(Alias, parts[0], time);
    }
}
