using Ddpm.Safetensors;

namespace Ddpm.Cli.Models;

/// <summary>
/// The files of a checkpoint in a folder as Hugging Face has them: flat, as google/ddpm-*, or with <c>unet/</c> and <c>scheduler/</c>, as a
/// pipeline's <c>save_pretrained</c> writes it.
/// </summary>
internal static class ModelFolder
{
    private static readonly string[] NetworkFiles = ["config.json", "diffusion_pytorch_model.safetensors"];
    private static readonly string[] SchedulerFiles = ["scheduler_config.json"];
    private static readonly string[] OtherFiles = ["model_index.json", "README.md", "recipe.json", "training.json"];

    /// <summary>Name and path of each file that is imported.</summary>
    /// <exception cref="CommandException">It is not there, lacks a file, or has its weights as a pickle only.</exception>
    public static IReadOnlyList<(string Name, string Path)> Files(string folder)
    {
        if (!Directory.Exists(folder))
            throw new CommandException(ExitCodes.NotFound, $"There is no folder {Path.GetFullPath(folder)}.");
        var network = In(folder, "unet");
        var files = Present(network, NetworkFiles).Concat(Present(In(folder, "scheduler"), SchedulerFiles)).Concat(Present(folder, OtherFiles)).ToList();
        foreach (var needed in NetworkFiles.Concat(SchedulerFiles).Where(name => files.All(file => file.Name != name)))
            throw new CommandException(ExitCodes.Usage, Missing(network, needed));
        return files;
    }

    private static string In(string folder, string part) => Directory.Exists(Path.Combine(folder, part)) ? Path.Combine(folder, part) : folder;

    private static IEnumerable<(string Name, string Path)> Present(string folder, IEnumerable<string> names) =>
        names.Select(name => (name, Path.Combine(folder, name))).Where(file => File.Exists(file.Item2));

    private static string Missing(string folder, string needed)
    {
        var pickle = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).FirstOrDefault(PickleFile.IsName);
        return needed == NetworkFiles[1] && pickle is not null
            ? $"{pickle} is a pickle, which can run code when it is read, and is never opened: convert it to {needed}."
            : $"{Path.GetFullPath(folder)} has no {needed}.";
    }
}
