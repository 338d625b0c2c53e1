namespace Ddpm.Trainer.Runs;

/// <summary>What a run keeps on the disk, below <c>runs/</c> of the storage root.</summary>
/// <param name="storageRoot">Of the Trainer.</param>
/// <param name="runId">A valid id of a run.</param>
internal sealed class RunFolder(string storageRoot, string runId)
{
    private readonly string _folder = Path.Combine(storageRoot, "runs", runId);

    /// <summary>Everything that the next step depends on; gone once the run has succeeded.</summary>
    public string Checkpoint => Path.Combine(_folder, "state.safetensors");

    /// <summary>The figures of every step.</summary>
    public string Steps => Path.Combine(_folder, "steps.csv");

    /// <summary>TensorBoard's event files.</summary>
    public string TensorBoard => Path.Combine(_folder, "tensorboard");

    /// <summary>A checkpoint folder on its way to be published.</summary>
    public string Publication => Path.Combine(_folder, "publication");

    /// <summary>Makes the folder, and removes what an interrupted write left in it.</summary>
    public void Create()
    {
        Directory.CreateDirectory(_folder);
        foreach (var aside in Directory.EnumerateFileSystemEntries(_folder, ".*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
            else
                File.Delete(aside);
        }
    }

    /// <summary>Removes what a publication, finished or interrupted, has left.</summary>
    public void DeletePublication()
    {
        if (Directory.Exists(Publication))
            Directory.Delete(Publication, recursive: true);
    }

    /// <summary>Of a run that needs it no more; its folder may have been deleted meanwhile.</summary>
    public void DeleteCheckpoint()
    {
        if (File.Exists(Checkpoint))
            File.Delete(Checkpoint);
    }

    public void Delete()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
