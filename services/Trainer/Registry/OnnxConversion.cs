using Ddpm.Networks;
using Ddpm.Networks.Onnx;
using Ddpm.Storage;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Registry;

/// <summary>
/// Makes ONNX files of versions. Each lies on the disk until it is sent, so that a slow client keeps no weights in memory; and one is made at a time, so
/// that many who ask at once cost the memory of one.
/// </summary>
internal sealed class OnnxConversion(IOptions<StorageOptions> storage) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Makes the file of a version.</summary>
    /// <param name="folder">The version's files, verified.</param>
    /// <param name="cancellationToken">Gives up waiting for others.</param>
    /// <returns>The file, to be read from its beginning. It has no name and is gone when it is closed.</returns>
    /// <exception cref="CheckpointException">It is no U-Net, or too large for an ONNX file.</exception>
    /// <exception cref="InvalidConfigException">A configuration file breaks a rule.</exception>
    /// <exception cref="Safetensors.SafetensorsException">A weight is no floating-point number.</exception>
    public async Task<FileStream> MakeAsync(string folder, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(() => Make(folder), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private FileStream Make(string folder)
    {
        using var checkpoint = CheckpointFolder.Open(folder);
        var file = CreateNameless();
        try
        {
            OnnxExport.Network(checkpoint, file);
            file.Position = 0;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Its name goes at once, so that nothing is left of it whatever becomes of the process.</summary>
    private FileStream CreateNameless()
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(storage.Value.FullRoot, "exports")).FullName, Path.GetRandomFileName());
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous,
        });
        File.Delete(path);
        return file;
    }
}
