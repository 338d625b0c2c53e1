namespace Ddpm.Denoiser;

/// <summary>Whose turn a request takes in the queue.</summary>
/// <param name="Tenant">Tenants take turns; those without a name are one.</param>
/// <param name="Job">The jobs of a tenant take turns. Empty: the request is a job of its own.</param>
/// <param name="IsBulk">Whether nobody waits for it, so that all who do go before.</param>
internal sealed record RequestTurn(string Tenant = "", string Job = "", bool IsBulk = false);
