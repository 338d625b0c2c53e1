namespace Ddpm.Denoiser;

/// <summary>Evaluates networks with one library on one device.</summary>
public interface IDenoisingEngine
{
    /// <summary>Recorded with every image, for example <c>torch-cpu</c>.</summary>
    string Name { get; }

    /// <summary>The device, for people.</summary>
    string Device { get; }

    EvaluationMode Mode { get; }

    /// <summary>Threads that evaluate, each one forward pass at a time.</summary>
    int Workers { get; }

    /// <summary>Rows that one forward pass is filled with at most; a guided row counts twice, and a single one is never split.</summary>
    int MaxBatchRows { get; }

    /// <summary>The same for a pass that others wait for.</summary>
    int BriefBatchRows { get; }

    /// <summary>Threads that a pass is spread over which has the machine to itself; 1 where none is spread.</summary>
    int LonePassThreads { get; }

    /// <summary>Called once on each thread that is to load or evaluate.</summary>
    void PrepareThread();

    /// <summary>Loads a checkpoint folder in Hugging Face's layout, and evaluates it once: what the first pass sets up takes no request's time.</summary>
    /// <exception cref="InvalidDataException">It cannot be loaded; the message names the file and the rule.</exception>
    IDenoisingNetwork Load(string folder);
}
