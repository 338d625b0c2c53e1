using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies a little-endian 64-bit ELF file and marks its need of one symbol version as weak, so that the loader goes on where the
/// version is missing (System V ABI, GNU symbol versioning: Verneed and Vernaux in section .gnu.version_r).
/// </summary>
public class MarkVersionNeedWeak : Task
{
    private const uint VersionNeedSection = 0x6ffffffe;
    private const ushort WeakFlag = 2;

    [Required]
    public string Source { get; set; }

    [Required]
    public string Destination { get; set; }

    [Required]
    public string VersionName { get; set; }

    public override bool Execute()
    {
        var file = File.ReadAllBytes(Source);
        if (file.Length < 64 || file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F' || file[4] != 2 || file[5] != 1)
        {
            Log.LogError("{0} is not a little-endian 64-bit ELF file.", Source);
            return false;
        }
        MarkWeak(file);

        // Other output folders may hold hard links to an earlier copy: never write into an existing file.
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        var aside = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(aside, file);
        File.Delete(Destination);
        File.Move(aside, Destination);
        return true;
    }

    private void MarkWeak(byte[] file)
    {
        var hash = ElfHash(VersionName);
        var sections = (int)BitConverter.ToUInt64(file, 40);
        var sectionSize = BitConverter.ToUInt16(file, 58);
        var sectionCount = BitConverter.ToUInt16(file, 60);
        for (var i = 0; i < sectionCount; i++)
        {
            var section = sections + i * sectionSize;
            if (BitConverter.ToUInt32(file, section + 4) != VersionNeedSection)
                continue;
            var names = (int)BitConverter.ToUInt64(file, sections + (int)BitConverter.ToUInt32(file, section + 40) * sectionSize + 24);
            var need = (int)BitConverter.ToUInt64(file, section + 24);
            for (var needs = BitConverter.ToUInt32(file, section + 44); needs > 0; needs--)
            {
                var aux = need + (int)BitConverter.ToUInt32(file, need + 8);
                for (var versions = BitConverter.ToUInt16(file, need + 2); versions > 0; versions--)
                {
                    if (BitConverter.ToUInt32(file, aux) == hash && NameAt(file, names + (int)BitConverter.ToUInt32(file, aux + 8)) == VersionName)
                        file[aux + 4] |= (byte)WeakFlag;
                    aux += (int)BitConverter.ToUInt32(file, aux + 12);
                }
                need += (int)BitConverter.ToUInt32(file, need + 12);
            }
        }
    }

    private static string NameAt(byte[] file, int offset)
    {
        var end = Array.IndexOf(file, (byte)0, offset);
        return Encoding.ASCII.GetString(file, offset, end - offset);
    }

    private static uint ElfHash(string name)
    {
        uint hash = 0;
        foreach (var character in name)
        {
            hash = (hash << 4) + character;
            var high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }
}
