using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Databases;

/// <summary>Submitting twice with one request id makes one record.</summary>
internal static class Submission
{
    /// <summary>Adds a record with its first event, unless its request id is known.</summary>
    /// <returns>The record, and whether it is new; a known request id answers the record that it submitted.</returns>
    public static async Task<(TRecord Record, bool IsNew)> SubmitAsync<TContext, TRecord>(
        this IDatabase<TContext> database, TRecord record, object submitted, CancellationToken cancellationToken)
        where TContext : DbContext
        where TRecord : class, ISubmitted
    {
        try
        {
            await database.AskAsync(context =>
            {
                context.AddRange(record, submitted);
                return context.SaveChangesAsync(cancellationToken);
            });
            return (record, true);
        }
        catch (DbUpdateException)
        {
            var known = await database.AskAsync(context => context.Set<TRecord>().AsNoTracking()
                .FirstOrDefaultAsync(r => r.Id == record.Id || r.RequestId == record.RequestId && r.RequestId != null, cancellationToken));
            if (known is null)
                throw;
            // One that is there by its id was written by an attempt whose answer was lost with its connection.
            return (known, known.Id == record.Id);
        }
    }
}
