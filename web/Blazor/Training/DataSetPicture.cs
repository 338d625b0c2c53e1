using Ddpm.V1;

namespace Ddpm.Web.Training;

/// <summary>An image of a data set as the page shows it.</summary>
/// <param name="Source">Source of an <c>img</c>, a data URI.</param>
/// <param name="Name">Where it lies in the data set.</param>
/// <param name="ClassName">Its class; empty: it has none.</param>
public sealed record DataSetPicture(string Source, string Name, string ClassName)
{
    public static DataSetPicture Of(DataSetImage image) => new("data:image/png;base64," + image.Png.ToBase64(), image.Name, image.ClassName);
}
