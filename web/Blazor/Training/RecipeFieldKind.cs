namespace Ddpm.Web.Training;

public enum RecipeFieldKind
{
    Text,

    /// <summary>Whole or decimal, as JSON writes it.</summary>
    Number,

    Flag,
}
