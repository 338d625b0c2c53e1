namespace Ddpm.Denoiser;

/// <summary>The first pass of a network, in which libraries choose algorithms and take memory.</summary>
internal static class WarmUp
{
    /// <summary>Evaluates one image of zeros, on one thread and spread.</summary>
    /// <returns>The same network.</returns>
    public static IDenoisingNetwork Of(IDenoisingNetwork network)
    {
        try
        {
            NetworkRow[] row = [new(new float[network.Description.Elements], 0, network.Description.NullClass ?? (network.Description.Classes > 0 ? 0 : null))];
            network.Evaluate(row);
            network.Evaluate(row, spread: true);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
