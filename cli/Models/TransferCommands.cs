using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.Protocol;

namespace Ddpm.Cli.Models;

/// <summary><c>ddpm models import</c> and <c>export</c>: versions as folders in Hugging Face's layout.</summary>
internal static class TransferCommands
{
    private const long Kilobyte = 1000;

    public static Command Import(CommandFactory commands)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder with config.json, scheduler_config.json and diffusion_pytorch_model.safetensors, or a pipeline's with unet/ and scheduler/." };
        var name = new Option<string?>("--name") { Description = "Name of the model. Default: the folder's.", HelpName = "NAME" };
        var import = commands.OnServer("import", "Publishes a folder in Hugging Face's layout as a version; `latest` names it.", async (parse, run) =>
        {
            var path = parse.GetValue(folder)!;
            var files = ModelFolder.Files(path);
            var model = parse.GetValue(name) ?? new DirectoryInfo(path).Name.ToLowerInvariant();
            var total = files.Sum(file => new FileInfo(file.Path).Length);
            var imported = await ProgressView.ShowAsync(run.Surroundings, model, view => run.Server.Trainer.ImportModelAsync(
                model, files.Select(file => (file.Name, (Func<Stream>)(() => File.OpenRead(file.Path)))), new SentView(view, total), run.Cancelled));
            run.Results.Write(() => Results.ToJson(imported), console => console.Profile.Out.Writer.WriteLine($"Imported {imported.Model}@{imported.Version}"));
            return ExitCodes.Success;
        });
        import.Arguments.Add(folder);
        import.Options.Add(name);
        return import;
    }

    public static Command Export(CommandFactory commands)
    {
        var name = new Argument<string>("MODEL") { Description = "Model, or MODEL@VERSION with a version id, a beginning of one, or an alias." };
        var folder = new Argument<string>("DIR") { Description = "New folder; diffusers' UNet2DModel.from_pretrained reads it." };
        var export = commands.OnServer("export", "Writes a version as a folder in Hugging Face's layout.", async (parse, run) =>
        {
            var parts = parse.GetValue(name)!.Split('@', 2);
            var version = await VersionLookup.FindAsync(run, parts[0], parts is [_, var wanted] ? wanted : "latest");
            var target = Path.GetFullPath(parse.GetValue(folder)!);
            if (Path.Exists(target))
                throw new CommandException(ExitCodes.Usage, $"{target} exists already; a version is exported to a new folder.");
            await ExportAsync(run, version.Model, version.Version, target);
            run.Results.Write(
                () => new JsonObject { ["model"] = version.Model, ["version"] = version.Version, ["folder"] = target },
                console => console.Profile.Out.Writer.WriteLine($"Exported {version.Model}@{version.Version} to {target}"));
            return ExitCodes.Success;
        });
        export.Arguments.Add(name);
        export.Arguments.Add(folder);
        return export;
    }

    /// <summary>Aside first, then renamed: the folder is there whole or not at all.</summary>
    private static async Task ExportAsync(CommandRun run, string model, string version, string target)
    {
        var aside = $"{target}.{Path.GetRandomFileName()}";
        Directory.CreateDirectory(aside);
        try
        {
            await run.Server.Trainer.ExportModelAsync(
                model, version, file => new FileStream(Path.Combine(aside, file), FileMode.CreateNew, FileAccess.Write), cancellationToken: run.Cancelled);
            Directory.Move(aside, target);
        }
        catch
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    private sealed class SentView(ProgressView view, long total) : IProgress<long>
    {
        public void Report(long value) => view.Report(new ProgressFigures(value / Kilobyte, total / Kilobyte, "", null, "kB"));
    }
}
