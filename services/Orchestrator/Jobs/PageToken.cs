using System.Buffers.Text;
using System.Text;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>Where a listing goes on: after the job of this id. Opaque to clients.</summary>
internal static class PageToken
{
    public static string After(string jobId) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(jobId));

    /// <returns>The id; null when the token is none that was given out.</returns>
    public static string? TryRead(string token)
    {
        try
        {
            var id = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(token));
            return JobId.IsValid(id) ? id : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
