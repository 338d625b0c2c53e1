namespace Ddpm.Trainer.Runs;

/// <summary>What a run keeps on the disk while it lasts, below <c>runs/</c> of the storage root.</summary>
internal sealed class RunFolder
{
    private readonly string _folder;

    public RunFolder(string storageRoot, string runId)
    {
        _folder = Path.Combine(storageRoot, "runs", runId);
        Directory.CreateDirectory(_folder);
    }

    /// <summary>Everything that the next step depends on.</summary>
    public string Checkpoint => Path.Combine(_folder, "state.safetensors");

    /// <summary>The checkpoint folder that is published.</summary>
    public string Publication => Path.Combine(_folder, "publication");

    /// <summary>Removes what a process that was lost while publishing has left.</summary>
    public void DeletePublication()
    {
        if (Directory.Exists(Publication))
            Directory.Delete(Publication, recursive: true);
    }

    public void Delete() => Directory.Delete(_folder, recursive: true);
}
