using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.Protocol;
using Ddpm.V1;
using Spectre.Console;

namespace Ddpm.Cli.DataSets;

/// <summary><c>ddpm data</c>: the images that recipes train on.</summary>
internal static class DataCommand
{
    public static Command Create(CommandFactory commands)
    {
        var data = new Command("data", "Adds, lists, inspects and deletes data sets.");
        data.Subcommands.Add(Add(commands));
        data.Subcommands.Add(List(commands));
        data.Subcommands.Add(Show(commands));
        data.Subcommands.Add(Delete(commands));
        return data;
    }

    private static Command Add(CommandFactory commands)
    {
        var name = new Argument<string>("NAME") { Description = "Name that recipes use, 1 to 63 of a-z, 0-9 and '-'." };
        var path = new Argument<string>("PATH")
        {
            Description = "Folder or zip of images (a subfolder for each class), of MNIST's IDX files or of CIFAR-10's binary batches; or a Parquet file.",
        };
        var add = commands.OnServer("add", "Uploads images and says what is in them.", async (parse, run) =>
        {
            using var file = PackedFolder.Open(parse.GetValue(path)!, run.Cancelled);
            var added = await ProgressView.ShowAsync(run.Surroundings, parse.GetValue(name)!, view =>
                run.Server.Trainer.UploadDataSetAsync(parse.GetValue(name)!, file, new UploadView(view, file.Length), run.Cancelled));
            run.Results.Write(() => Results.ToJson(added), console => Describe(console, added));
            return ExitCodes.Success;
        });
        add.Arguments.Add(name);
        add.Arguments.Add(path);
        return add;
    }

    private static Command List(CommandFactory commands) => commands.OnServer("list", "Lists the data sets.", async (_, run) =>
    {
        var answer = await run.Server.Trainer.DataSets.ListDataSetsAsync(new ListDataSetsRequest(), cancellationToken: run.Cancelled);
        run.Results.Write(
            () => new JsonObject { ["dataSets"] = Results.ToJson(answer.DataSets) },
            console =>
            {
                var table = new Table().Border(TableBorder.None).AddColumns("DATA SET", "IMAGES", "CLASSES", "SIZES", "FORMAT");
                foreach (var dataSet in answer.DataSets)
                {
                    table.AddRow(
                        Markup.Escape(dataSet.Name),
                        dataSet.ImageCount == 0 ? "not read yet" : Format.Count(dataSet.ImageCount),
                        dataSet.Classes.Count == 0 ? "none" : Format.Count(dataSet.Classes.Count),
                        Markup.Escape(Sizes(dataSet)),
                        Markup.Escape(dataSet.Format));
                }
                console.Write(table);
            });
        return ExitCodes.Success;
    });

    private static Command Show(CommandFactory commands)
    {
        var name = new Argument<string>("NAME");
        var show = commands.OnServer("show", "Says what is in a data set.", async (parse, run) =>
        {
            var answer = await run.Server.Trainer.DataSets.GetDataSetAsync(new GetDataSetRequest { Name = parse.GetValue(name)! }, cancellationToken: run.Cancelled);
            run.Results.Write(() => Results.ToJson(answer.DataSet), console => Describe(console, answer.DataSet));
            return ExitCodes.Success;
        });
        show.Arguments.Add(name);
        return show;
    }

    private static Command Delete(CommandFactory commands)
    {
        var name = new Argument<string>("NAME");
        var delete = commands.OnServer("delete", "Deletes a data set.", async (parse, run) =>
        {
            await run.Server.Trainer.DataSets.DeleteDataSetAsync(new DeleteDataSetRequest { Name = parse.GetValue(name)! }, cancellationToken: run.Cancelled);
            run.Results.Write(
                () => new JsonObject { ["deleted"] = parse.GetValue(name)! },
                console => console.Profile.Out.Writer.WriteLine($"Deleted {parse.GetValue(name)}"));
            return ExitCodes.Success;
        });
        delete.Arguments.Add(name);
        return delete;
    }

    private static void Describe(IAnsiConsole console, DataSet dataSet)
    {
        var writer = console.Profile.Out.Writer;
        writer.WriteLine($"{dataSet.Name}");
        writer.WriteLine($"  images       {Format.Count(dataSet.ImageCount)} ({dataSet.Format}, {Format.Bytes(dataSet.SizeBytes)})");
        writer.WriteLine($"  sizes        {Sizes(dataSet)}");
        writer.WriteLine($"  channels     {string.Join(", ", dataSet.Channels.Select(Tally))}");
        writer.WriteLine($"  classes      {(dataSet.Classes.Count == 0 ? "none" : string.Join(", ", dataSet.Classes.Select(Tally)))}");
        writer.WriteLine($"  fingerprint  {dataSet.Fingerprint}");
        if (dataSet.UnreadableCount == 0)
            return;
        writer.WriteLine($"  left out     {Format.Count(dataSet.UnreadableCount)} that cannot be read:");
        foreach (var unreadable in dataSet.Unreadable)
            writer.WriteLine($"    {unreadable.Name}: {unreadable.Reason}");
        if (dataSet.UnreadableCount > dataSet.Unreadable.Count)
            writer.WriteLine($"    and {Format.Count(dataSet.UnreadableCount - dataSet.Unreadable.Count)} more");
    }

    private static string Sizes(DataSet dataSet)
    {
        const int shown = 3;
        var sizes = string.Join(", ", dataSet.Sizes.Take(shown).Select(Tally));
        return dataSet.Sizes.Count > shown ? $"{sizes}, …" : sizes;
    }

    private static string Tally(ImageTally tally) => $"{tally.Name} ({Format.Count(tally.ImageCount)})";

    /// <summary>First the bytes, of which there are as many as the file has; then the images, of which nobody knows how many there are.</summary>
    private sealed class UploadView(ProgressView view, long length) : IProgress<UploadProgress>
    {
        private const long Kilobyte = 1000;

        public void Report(UploadProgress value) => view.Report(new ProgressFigures(
            value.ReceivedBytes / Kilobyte,
            length / Kilobyte,
            value.InspectedImages == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{value.InspectedImages} images looked at"),
            null,
            "kB"));
    }
}
