using System.Globalization;
using Ddpm.Trainer.Training;

namespace Ddpm.Trainer.Runs;

/// <summary>
/// The figures of every step of a run as CSV, a line each. Numbers are written so that they read back as the same bits: the record of a run that
/// was lost and taken up again is that of an undisturbed one, byte for byte.
/// </summary>
internal sealed class StepRecord : IDisposable
{
    private const string Header = "step,loss,gradient_norm,learning_rate,loss_1,images_1,loss_2,images_2,loss_3,images_3,loss_4,images_4";

    private readonly FileStream _file;
    private readonly StreamWriter _writer;

    private StepRecord(FileStream file)
    {
        _file = file;
        _writer = new StreamWriter(file) { NewLine = "\n" };
    }

    /// <summary>Opens the record after a step; what was written of later steps is cut off, for it will happen again.</summary>
    /// <param name="path">Need not exist.</param>
    /// <param name="stepsDone">Steps that stay; 0: the record begins anew.</param>
    /// <exception cref="InvalidDataException">It lacks steps that should stay.</exception>
    public static StepRecord After(string path, long stepsDone)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            file.SetLength(stepsDone == 0 ? 0 : EndOf(file, stepsDone) ?? throw new InvalidDataException($"{path}: lacks steps before step {stepsDone}, from which the run goes on."));
            file.Seek(0, SeekOrigin.End);
            var record = new StepRecord(file);
            if (stepsDone == 0)
                record._writer.WriteLine(Header);
            return record;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The steps that a record holds, in their order; one that is being written at this moment is left out.</summary>
    public static IEnumerable<StepFigures> Read(string path)
    {
        if (!File.Exists(path))
            yield break;
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16));
        reader.ReadLine();
        while (reader.ReadLine() is { } line && TryParse(line) is { } figures)
            yield return figures;
    }

    public void Add(StepFigures figures)
    {
        var (first, second, third, fourth) = figures.Result.Quartiles;
        _writer.Write(string.Create(CultureInfo.InvariantCulture, $"{figures.Step},{figures.Result.Loss:R},{figures.Result.GradientNorm:R},{figures.LearningRate:R}"));
        foreach (var quartile in (ReadOnlySpan<QuartileLoss>)[first, second, third, fourth])
            _writer.Write(string.Create(CultureInfo.InvariantCulture, $",{(quartile.Images == 0 ? "" : (quartile.Sum / quartile.Images).ToString("R", CultureInfo.InvariantCulture))},{quartile.Images}"));
        _writer.WriteLine();
    }

    /// <summary>Shows what was added to readers.</summary>
    public void Flush() => _writer.Flush();

    /// <summary>Puts what was added onto the disk.</summary>
    /// <exception cref="IOException">It is full, for example.</exception>
    public void Sync()
    {
        _writer.Flush();
        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _writer.Dispose();

    /// <summary>Where the line of a step ends; null when it is not there.</summary>
    private static long? EndOf(FileStream file, long step)
    {
        var lines = 0L;
        var buffer = new byte[1 << 16];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            for (var i = 0; i < read; i++)
            {
                // The header is line 1, step k line k + 1.
                if (buffer[i] == '\n' && ++lines == step + 1)
                    return file.Position - read + i + 1;
            }
        }
        return null;
    }

    private static StepFigures? TryParse(string line)
    {
        var fields = line.Split(',');
        if (fields.Length != 12 || !int.TryParse(fields[11], out _))
            return null;
        return new StepFigures(
            long.Parse(fields[0], CultureInfo.InvariantCulture),
            new StepResult(Number(fields[1]), Number(fields[2]), new QuartileLosses(Quartile(fields, 4), Quartile(fields, 6), Quartile(fields, 8), Quartile(fields, 10))),
            Number(fields[3]));
    }

    private static QuartileLoss Quartile(string[] fields, int first)
    {
        var images = int.Parse(fields[first + 1], CultureInfo.InvariantCulture);
        return new QuartileLoss(images == 0 ? 0 : Number(fields[first]) * images, images);
    }

    private static double Number(string field) => double.Parse(field, CultureInfo.InvariantCulture);
}
