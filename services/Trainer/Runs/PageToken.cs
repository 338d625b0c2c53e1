using System.Buffers.Text;
using System.Text;

namespace Ddpm.Trainer.Runs;

/// <summary>Where a listing goes on: after the run of this id. Opaque to clients.</summary>
internal static class PageToken
{
    public static string After(string runId) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(runId));

    /// <returns>The id; null when the token is none that was given out.</returns>
    public static string? TryRead(string token)
    {
        try
        {
            var id = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(token));
            return RunId.IsValid(id) ? id : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
