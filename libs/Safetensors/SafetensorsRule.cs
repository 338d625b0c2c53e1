namespace Ddpm.Safetensors;

/// <summary>What a safetensors file must satisfy; a <see cref="SafetensorsException"/> names the rule that was broken.</summary>
public enum SafetensorsRule
{
    /// <summary>The header's length is between 2 bytes and 100 MB and lies within the file.</summary>
    HeaderLength,

    /// <summary>The header is one JSON object in UTF-8, of the members that the format defines.</summary>
    HeaderJson,

    /// <summary>No name occurs twice.</summary>
    UniqueNames,

    /// <summary><c>__metadata__</c> maps strings to strings.</summary>
    MetadataStrings,

    /// <summary><c>dtype</c> is a known type of whole bytes.</summary>
    KnownType,

    /// <summary>Extents are whole, not negative, and the tensor's size in bytes fits into 63 bits.</summary>
    Shape,

    /// <summary><c>data_offsets</c> are two whole numbers, 0 ≤ begin ≤ end.</summary>
    Offsets,

    /// <summary>end − begin is the element size times the product of the extents.</summary>
    SizeMatchesShape,

    /// <summary>Tensors share no byte.</summary>
    NoOverlap,

    /// <summary>No byte between tensors, nor before the first, is unused.</summary>
    NoGap,

    /// <summary>The file does not end before its last tensor does.</summary>
    NotTruncated,

    /// <summary>The file ends where its last tensor ends.</summary>
    NoTrailingBytes,

    /// <summary>The tensor asked for is in the file.</summary>
    TensorPresent,

    /// <summary>The tensor's type converts to the type asked for.</summary>
    Convertible,

    /// <summary>A tensor that is read in one piece has fewer than 2³¹ bytes.</summary>
    FitsInMemory,
}
