using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;

namespace Ddpm.Containers.Tests.Support;

/// <summary>The versions of <see cref="TinyWeights"/> as a cluster gets them.</summary>
internal static class TinyModel
{
    /// <summary>Bytes of the x of one row.</summary>
    public const int RowBytes = 32 * 32 * sizeof(float);

    /// <summary>Sends a version to the Trainer, which makes it the model's latest.</summary>
    /// <param name="trainer">The Trainer.</param>
    /// <param name="model">Under which name.</param>
    /// <param name="number">0: as recorded; each other one shifts every ε by an amount of its own.</param>
    /// <returns>The version's id.</returns>
    public static async Task<string> PublishAsync(DdpmClient trainer, string model, int number)
    {
        var weights = await TinyWeights.OfVersionAsync(number);
        var files = new[] { "config.json", "model_index.json", "scheduler_config.json" }
            .Select(name => (name, new Func<Stream>(() => File.OpenRead(Path.Combine(TinyWeights.Folder, name)))))
            .Append((TinyWeights.FileName, () => new MemoryStream(weights)));
        return (await trainer.ImportModelAsync(model, files, cancellationToken: TestContext.Current.CancellationToken)).Version;
    }
}
