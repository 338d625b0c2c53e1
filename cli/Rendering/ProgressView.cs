using Spectre.Console;

namespace Ddpm.Cli.Rendering;

/// <summary>How far something is.</summary>
/// <param name="Done">Steps made.</param>
/// <param name="Total">Steps to make.</param>
/// <param name="Details">What else to say, for example <c>800 NFE</c>.</param>
/// <param name="TimeLeft">Estimate; null when there is none.</param>
/// <param name="Unit">What is counted.</param>
internal sealed record ProgressFigures(long Done, long Total, string Details, TimeSpan? TimeLeft, string Unit = "step")
{
    public override string ToString() =>
        $"{Unit} {Done}/{Total}{(Details.Length == 0 ? "" : $" · {Details}")}{(TimeLeft is { } left && Done < Total ? $" · {Format.Span(left)} left" : "")}";
}

/// <summary>Shows progress on stderr: a live bar on a terminal, else a line for about every twentieth part.</summary>
internal abstract class ProgressView
{
    public abstract void Report(ProgressFigures figures);

    /// <summary>Says something between two reports.</summary>
    public abstract void Say(string message);

    /// <summary>Shows progress for as long as <paramref name="work"/> runs.</summary>
    public static Task<T> ShowAsync<T>(Surroundings surroundings, string title, Func<ProgressView, Task<T>> work)
    {
        if (!surroundings.ErrorIsTerminal)
            return work(new Lines(surroundings.Error, title));
        var console = surroundings.ErrorConsole();
        return console.Progress()
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => work(new Bar(console, context.AddTask(Markup.Escape(title)), title)));
    }

    private sealed class Bar(IAnsiConsole console, ProgressTask task, string title) : ProgressView
    {
        public override void Report(ProgressFigures figures)
        {
            task.MaxValue = Math.Max(1, figures.Total);
            task.Value = figures.Done;
            task.Description = Markup.Escape($"{title} · {figures}");
        }

        public override void Say(string message) => console.WriteLine(message);
    }

    private sealed class Lines(TextWriter writer, string title) : ProgressView
    {
        private const int Parts = 20;

        private long _lastPart = -1;

        public override void Report(ProgressFigures figures)
        {
            var part = figures.Total == 0 ? 0 : figures.Done * Parts / figures.Total;
            if (part == _lastPart)
                return;
            _lastPart = part;
            writer.WriteLine($"{title} · {figures}");
        }

        public override void Say(string message) => writer.WriteLine(message);
    }
}
