using System.Buffers.Text;
using System.Text;

namespace Ddpm.Storage;

/// <summary>Where a listing goes on: after the record of this id. Opaque to clients.</summary>
public static class PageToken
{
    public static string After(string id) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(id));

    /// <returns>The id; null when the token is none that was given out.</returns>
    public static string? TryRead(string token)
    {
        try
        {
            var id = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(token));
            return RecordId.IsValid(id) ? id : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
