namespace Ddpm.Hosting;

/// <summary>Tells a full disk or an exhausted quota from other failures of input and output.</summary>
public static class DiskFull
{
    public const string Message = "The server's disk is full; nothing was written. Free some space and try again.";

    // ENOSPC and EDQUOT as .NET puts them in HResult on Unix, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL on Windows.
    private static readonly int[] HResults = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    public static bool Is(IOException exception) => HResults.Contains(exception.HResult);
}
