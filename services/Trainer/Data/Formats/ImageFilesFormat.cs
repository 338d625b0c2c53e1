using Ddpm.Imaging;
using Ddpm.Trainer.Data.Sources;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>Image files; where all of them lie in subfolders, the folder that an image lies in names its class.</summary>
internal sealed class ImageFilesFormat : SourceFormat
{
    private const int MaximumFileSize = 64 << 20;

    public override string Name => "image files";

    public override IEnumerable<SourceImage> Read(IReadOnlyList<SourceFile> files)
    {
        var images = files.Where(file => ImageDecoder.Knows(file.FileName)).ToList();
        // A zip of a folder has that folder in every name: it is not a class.
        var shared = SharedFolders(images);
        var hasClasses = images.All(file => Folders(file).Length > shared);
        foreach (var file in images)
            yield return new SourceImage(file.Name, hasClasses ? Folders(file)[^1] : null, () => ImageDecoder.Decode(file.ReadAll(MaximumFileSize)));
    }

    protected override bool Fits(IReadOnlyList<SourceFile> files) => files.Any(file => ImageDecoder.Knows(file.FileName));

    private static string[] Folders(SourceFile file) => file.Name.Split('/')[..^1];

    /// <summary>How many folders, from the outermost on, all images lie in.</summary>
    private static int SharedFolders(List<SourceFile> images)
    {
        var first = Folders(images[0]);
        var shared = 0;
        while (shared < first.Length && images.All(file => Folders(file).ElementAtOrDefault(shared) == first[shared]))
            shared++;
        return shared;
    }
}
