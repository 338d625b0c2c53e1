using Ddpm.Storage.Files;
using Npgsql;

namespace Ddpm.Storage.Databases;

/// <summary>Says what is wrong with the database of <c>Storage:Database</c>: which one it is, and what its server said; never a password.</summary>
internal static class PostgresFailure
{
    public static bool Is(Exception exception) => exception is NpgsqlException || DatabaseCall.IsAway(exception);

    /// <param name="connection">As Npgsql takes it.</param>
    /// <param name="exception">What <see cref="Is"/>.</param>
    /// <returns>A <see cref="StorageUnavailableException"/> when the server is away.</returns>
    public static IOException InWords(string connection, Exception exception)
    {
        var reason = exception.GetBaseException() is PostgresException said ? said.MessageText : exception.GetBaseException().Message;
        var message = $"{Name(connection)} cannot be used: {reason.ReplaceLineEndings(" ").TrimEnd('.')}.";
        return DatabaseCall.IsAway(exception) ? new StorageUnavailableException(message, exception) : new IOException(message, exception);
    }

    /// <summary>Names the setting and the database.</summary>
    public static string Name(string connection)
    {
        var database = new NpgsqlConnectionStringBuilder(connection);
        return $"{StorageOptions.Section}:{nameof(StorageOptions.Database)}, the database '{database.Database ?? database.Username}' on {database.Host}:{database.Port},";
    }
}
