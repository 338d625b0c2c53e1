using System.Reflection;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>The protobuf compiler that the build uses.</summary>
internal static class Protobuf
{
    public static string Compiler => Metadata("ProtobufCompiler");

    /// <summary>Folder of google/protobuf/*.proto.</summary>
    public static string WellKnownTypes => Metadata("ProtobufWellKnownTypes");

    private static string Metadata(string key) => typeof(Protobuf).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
