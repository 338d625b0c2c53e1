using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Data;

/// <summary>
/// The data sets that recipes may name: folders with a pair of IDX files, below <see cref="TrainerOptions.DataRoot"/> or where Debian's
/// packages put them. A recipe never names a path.
/// </summary>
public sealed partial class NamedDataSets(IOptions<TrainerOptions> options)
{
    private const string DebianRoot = "/usr/share/datasets";

    /// <summary>Reads the training images of a data set.</summary>
    /// <exception cref="DataSetNotFoundException">There is none of that name here; says where it was looked for.</exception>
    /// <exception cref="InvalidDataException">Its files break their format.</exception>
    public ImageDataSet Open(string name)
    {
        if (!Name().IsMatch(name))
            throw new DataSetNotFoundException($"must name a data set by 1 … 63 of a-z, 0-9 and '-', is '{name}'");
        var folders = Roots().Select(root => Path.Combine(root, name)).ToList();
        foreach (var folder in folders)
            if (Find(folder, "train-images-idx3-ubyte") is { } images && Find(folder, "train-labels-idx1-ubyte") is { } labels)
                return ImageDataSet.ReadIdx(images, labels);
        throw new DataSetNotFoundException(
            $"names '{name}', which is not on the Trainer's machine: train-images-idx3-ubyte and train-labels-idx1-ubyte, gzipped or not, were looked for in "
            + string.Join(" and ", folders)
            + (name == "fashion-mnist" ? "; Debian and Ubuntu have them in the package dataset-fashion-mnist" : ""));
    }

    private IEnumerable<string> Roots() => options.Value.DataRoot is { Length: > 0 } root ? [Path.GetFullPath(root), DebianRoot] : [DebianRoot];

    private static string? Find(string folder, string file) =>
        new[] { Path.Combine(folder, file + ".gz"), Path.Combine(folder, file) }.FirstOrDefault(File.Exists);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Name();
}

/// <summary>No data set of that name is here; the message is a rule that follows the field's name.</summary>
public sealed class DataSetNotFoundException(string message) : Exception(message);
