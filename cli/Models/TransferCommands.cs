using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Cli.Models;

/// <summary><c>ddpm models import</c> and <c>export</c>: versions as folders in Hugging Face's layout, and as ONNX.</summary>
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
        var path = new Argument<string>("DIR|FILE")
        {
            Description = "New folder; diffusers' UNet2DModel.from_pretrained reads it. With --format onnx a new FILE.onnx, or the folder for a new model.onnx.",
        };
        var format = new Option<ExportFormat>("--format")
        {
            Description = "folder, in Hugging Face's layout, or onnx, the network as one file for any runtime of ONNX. Default: folder.",
            HelpName = "FORMAT",
            CustomParser = result => ParseFormat(result.Tokens[0].Value, result.AddError),
        };
        var export = commands.OnServer("export", "Writes a version as a folder in Hugging Face's layout, or its network as ONNX.", async (parse, run) =>
        {
            var parts = parse.GetValue(name)!.Split('@', 2);
            var version = await VersionLookup.FindAsync(run, parts[0], parts is [_, var wanted] ? wanted : "latest");
            var target = ExportTarget.Of(parse.GetValue(format), parse.GetValue(path)!);
            if (Path.Exists(target.FullPath))
                throw new CommandException(ExitCodes.Usage, $"{target.FullPath} exists already; a version is exported to a new {target.Kind}.");
            await target.WriteAsync(run, version);
            run.Results.Write(
                () => new JsonObject { ["model"] = version.Model, ["version"] = version.Version, [target.Kind] = target.FullPath },
                console => console.Profile.Out.Writer.WriteLine($"Exported {version.Model}@{version.Version} to {target.FullPath}"));
            return ExitCodes.Success;
        });
        export.Arguments.Add(name);
        export.Arguments.Add(path);
        export.Options.Add(format);
        return export;
    }

    private static ExportFormat ParseFormat(string text, Action<string> addError)
    {
        if (Enum.TryParse<ExportFormat>(text, ignoreCase: true, out var format) && Enum.IsDefined(format) && format is not ExportFormat.Unspecified)
            return format;
        addError($"--format is '{text}' but must be folder or onnx.");
        return ExportFormat.Unspecified;
    }

    private sealed class SentView(ProgressView view, long total) : IProgress<long>
    {
        public void Report(long value) => view.Report(new ProgressFigures(value / Kilobyte, total / Kilobyte, "", null, "kB"));
    }
}
