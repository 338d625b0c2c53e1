namespace Ddpm.Denoiser;

/// <summary>A network in memory, on the device. Disposing frees the memory there and then; nobody may be evaluating it.</summary>
public interface IDenoisingNetwork : IDisposable
{
    NetworkDescription Description { get; }

    /// <summary>Memory that the weights take.</summary>
    long MemoryBytes { get; }

    /// <summary>Runs one forward pass.</summary>
    /// <param name="rows">What goes in, at least one row; each fits <see cref="Description"/>.</param>
    /// <param name="spread">Whether over <see cref="IDenoisingEngine.LonePassThreads"/> threads, or on the calling one alone. The same bits come out.</param>
    /// <returns>What the network predicts for each row, [C, H, W] row-major; where it predicts a variance, that follows, as long.</returns>
    float[][] Evaluate(IReadOnlyList<NetworkRow> rows, bool spread = false);
}
