namespace Ddpm.Safetensors;

/// <summary>Names and sizes of the element types.</summary>
public static class SafetensorsTypes
{
    private static readonly (SafetensorsType Type, string Name, int Size)[] Table =
    [
        (SafetensorsType.Bool, "BOOL", 1), (SafetensorsType.U8, "U8", 1), (SafetensorsType.I8, "I8", 1),
        (SafetensorsType.F8E4M3, "F8_E4M3", 1), (SafetensorsType.F8E5M2, "F8_E5M2", 1),
        (SafetensorsType.I16, "I16", 2), (SafetensorsType.U16, "U16", 2), (SafetensorsType.F16, "F16", 2), (SafetensorsType.BF16, "BF16", 2),
        (SafetensorsType.I32, "I32", 4), (SafetensorsType.U32, "U32", 4), (SafetensorsType.F32, "F32", 4),
        (SafetensorsType.F64, "F64", 8), (SafetensorsType.I64, "I64", 8), (SafetensorsType.U64, "U64", 8),
    ];

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a defined type.</exception>
    public static int ElementSize(this SafetensorsType type) => Row(type).Size;

    /// <summary>The name in a file's header, for example <c>F32</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a defined type.</exception>
    public static string HeaderName(this SafetensorsType type) => Row(type).Name;

    /// <summary>The names in a file's header, all of them.</summary>
    public static IEnumerable<string> HeaderNames => Table.Select(row => row.Name);

    /// <summary>Finds the type by its name in a file's header; names are case-sensitive.</summary>
    public static bool TryParse(string headerName, out SafetensorsType type)
    {
        foreach (var row in Table)
        {
            if (row.Name == headerName)
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    private static (SafetensorsType Type, string Name, int Size) Row(SafetensorsType type) =>
        (uint)type < (uint)Table.Length ? Table[(int)type] : throw new ArgumentOutOfRangeException(nameof(type), type, "not a safetensors type");
}
