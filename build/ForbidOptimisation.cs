using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies an assembly and has the just-in-time compiler not optimise it: sets Default and DisableOptimizations in the value of its DebuggableAttribute
/// (ECMA-335, II.23.3: length, prolog, the flags, no named arguments), without which the runtime does not heed it.
/// </summary>
public class ForbidOptimisation : Task
{
    private const string Optimised = "\u0008\u0001\0\u0002\0\0\0\0\0";

    [Required]
    public string Source { get; set; }

    [Required]
    public string Destination { get; set; }

    public override bool Execute()
    {
        var file = File.ReadAllBytes(Source);
        var bytes = Encoding.GetEncoding("ISO-8859-1").GetString(file);
        var at = bytes.IndexOf(Optimised, StringComparison.Ordinal);
        if (at < 0 || at != bytes.LastIndexOf(Optimised, StringComparison.Ordinal))
        {
            Log.LogError("{0} does not have the one DebuggableAttribute of an optimised assembly.", Source);
            return false;
        }
        file[at + 3] |= 1;
        file[at + 4] |= 1;

        // Other output folders may hold hard links to an earlier copy: never write into an existing file.
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        var aside = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(aside, file);
        File.Delete(Destination);
        File.Move(aside, Destination);
        return true;
    }
}
