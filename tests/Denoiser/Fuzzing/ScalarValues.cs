using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Values for a field of a scalar type that lie where mistakes lie: at the edges, beside the present one, or from another field.</summary>
internal sealed class ScalarValues(Random random, IReadOnlyDictionary<FieldType, object[]> known)
{
    private static readonly double[] Doubles =
    [
        0, -0.0, 1, -1, 0.5, 999, 999.5, 1000, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue,
        double.MinValue, float.MaxValue, 1e39, 30, 30.5, 2,
    ];

    private static readonly long[] Integers =
    [
        0, 1, -1, 2, 3, 31, 32, 33, 1024, 1L << 16, 1L << 31, (1L << 31) - 1, -(1L << 31), 1L << 32, 1L << 33, 1L << 62, long.MaxValue, long.MinValue,
    ];

    private static readonly string[] Strings = ["", "\0", "..", "../golden", "/", "%s%n", "latest", "ÿ漢🙂", " ", "\n", "-", "\ud800"];

    /// <param name="field">The field.</param>
    /// <param name="present">Its value now; null: it has none.</param>
    public object Next(FieldDescriptor field, object? present)
    {
        if (random.Next(4) == 0 && known.TryGetValue(field.FieldType, out var others))
            return others[random.Next(others.Length)];
        return field.FieldType switch
        {
            FieldType.Bool => present is not true,
            FieldType.Double => Float(present is double x ? x : 0),
            FieldType.Float => (float)Float(present is float x ? x : 0),
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => unchecked((int)Integer(present is int x ? x : 0)),
            FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)Integer(present is uint x ? x : 0)),
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Integer(present is long x ? x : 0),
            FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)Integer(present is ulong x ? (long)x : 0)),
            FieldType.Enum => random.Next(4) == 0
                ? unchecked((int)Integer(0))
                : field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number,
            FieldType.String => Text(present as string ?? ""),
            FieldType.Bytes => Bytes(present as ByteString ?? ByteString.Empty),
            _ => throw new NotSupportedException($"{field.FullName} is of type {field.FieldType}, which is no scalar."),
        };
    }

    /// <summary>All scalar values in some messages, by type.</summary>
    public static IReadOnlyDictionary<FieldType, object[]> Of(IEnumerable<IMessage> messages) =>
        messages.SelectMany(Scalars)
            .GroupBy(value => value.Type, value => value.Value)
            .ToDictionary(values => values.Key, values => values.Distinct().ToArray());

    private static IEnumerable<(FieldType Type, object Value)> Scalars(IMessage message) =>
        from field in message.Descriptor.Fields.InDeclarationOrder()
        where !field.IsMap
        let value = field.Accessor.GetValue(message)
        from item in field.IsRepeated ? ((System.Collections.IEnumerable)value).Cast<object>() : value is null ? [] : [value]
        from scalar in item is IMessage inner ? Scalars(inner) : [(field.FieldType, field.FieldType == FieldType.Enum ? (int)item : item)]
        select scalar;

    private double Float(double present) => random.Next(4) switch
    {
        0 or 1 => Doubles[random.Next(Doubles.Length)],
        2 => present + (random.Next(9) - 4) / 4.0,
        // In quarters, so that what is kept for a timestep stays a bounded amount over any number of requests.
        _ => random.Next(4000) / 4.0,
    };

    private long Integer(long present) => random.Next(4) switch
    {
        0 or 1 => Integers[random.Next(Integers.Length)],
        2 => unchecked(present + random.Next(5) - 2),
        _ => random.NextInt64(long.MinValue, long.MaxValue),
    };

    private string Text(string present) => random.Next(6) switch
    {
        0 => Strings[random.Next(Strings.Length)],
        1 => present.ToUpperInvariant(),
        2 => present[..random.Next(present.Length + 1)],
        3 => present + (char)random.Next(1, 0x100),
        4 => new string('a', 1 << random.Next(17)),
        _ => present.Insert(random.Next(present.Length + 1), Strings[random.Next(Strings.Length)]),
    };

    private ByteString Bytes(ByteString present)
    {
        var bytes = present.ToByteArray();
        switch (random.Next(6))
        {
            case 0:
                return ByteString.Empty;
            case 1:
                return ByteString.CopyFrom(bytes.AsSpan(0, random.Next(bytes.Length + 1)));
            case 2:
                return ByteString.CopyFrom([.. bytes, .. new byte[random.Next(1, 64)]]);
            case 3:
                return ByteString.CopyFrom(new byte[1 << random.Next(21)]);
            case 4 when bytes.Length >= sizeof(float):
                var element = bytes.AsSpan(random.Next(bytes.Length / sizeof(float)) * sizeof(float));
                BitConverter.TryWriteBytes(element, (float)Doubles[random.Next(Doubles.Length)]);
                return ByteString.CopyFrom(bytes);
            default:
                if (bytes.Length > 0)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return ByteString.CopyFrom(bytes);
        }
    }
}
