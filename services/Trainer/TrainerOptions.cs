using System.ComponentModel.DataAnnotations;
using Ddpm.Networks;

namespace Ddpm.Trainer;

/// <summary>Settings of the Trainer (section <c>Trainer</c>).</summary>
public sealed class TrainerOptions
{
    public const string Section = "Trainer";

    /// <summary>
    /// Folder that holds a folder for each data set, named as recipes name it, in any format that an upload may have. Default: none; fashion-mnist is then still found where
    /// Debian's package dataset-fashion-mnist puts it.
    /// </summary>
    public string? DataRoot { get; set; }

    /// <summary>
    /// Folder with a folder for each model that is published at the start unless it is there. Default: <c>models</c> beside the program.
    /// </summary>
    public string? ShippedModels { get; set; }

    /// <summary>Bytes that an uploaded data set may have. Default: 4 GiB.</summary>
    [Range(1L, 1L << 50, ErrorMessage = "Trainer:MaxUploadBytes must be 1 to 2^50.")]
    public long MaxUploadBytes { get; set; } = 4L << 30;

    /// <summary>Bytes that the files of a zipped data set may have, unpacked; they never are on the disk. Default: 16 GiB.</summary>
    [Range(1L, 1L << 50, ErrorMessage = "Trainer:MaxUnpackedBytes must be 1 to 2^50.")]
    public long MaxUnpackedBytes { get; set; } = 16L << 30;

    /// <summary>Bytes that the files of an imported model may have together. Default: 16 GiB.</summary>
    [Range(1L, 1L << 50, ErrorMessage = "Trainer:MaxModelBytes must be 1 to 2^50.")]
    public long MaxModelBytes { get; set; } = 16L << 30;

    /// <summary>Files that a zipped data set may have. Default: 2,000,000.</summary>
    [Range(1, 100_000_000, ErrorMessage = "Trainer:MaxDataSetFiles must be 1 to 100000000.")]
    public int MaxDataSetFiles { get; set; } = 2_000_000;

    /// <summary>
    /// Address of the Orchestrator, which makes images with the versions of a run and those that are evaluated. Default: none; runs then show no
    /// images.
    /// </summary>
    public Uri? OrchestratorAddress { get; set; }

    /// <summary>The key that the Orchestrator asks for. Default: none.</summary>
    public string? OrchestratorApiKey { get; set; }

    /// <summary>
    /// TorchScript file of a feature network, as a rule Inception-v3 up to its last pooling, which gives FID and KID. It is a program: only load
    /// one that you trust. Default: none.
    /// </summary>
    public string? InceptionNetwork { get; set; }

    /// <summary>
    /// Where runs train: <c>auto</c>, CUDA when there is a device, otherwise the CPU; <c>cpu</c>; or <c>cuda</c>, without which the Trainer does not
    /// start. Default: <c>auto</c>.
    /// </summary>
    [EnumDataType(typeof(DeviceChoice), ErrorMessage = "Trainer:Device must be auto, cpu or cuda.")]
    public DeviceChoice Device { get; set; } = DeviceChoice.Auto;

    /// <summary>Processor threads that training may use; 0: half of the machine's, so that the Denoiser beside it keeps its own. Default: 0.</summary>
    [Range(0, 1024, ErrorMessage = "Trainer:Threads must be 0 to 1024.")]
    public int Threads { get; set; }

    /// <summary>Runs that may be waiting or running; one more is refused with RESOURCE_EXHAUSTED. Default: 16.</summary>
    [Range(1, 10_000, ErrorMessage = "Trainer:MaxUnfinishedRuns must be 1 to 10000.")]
    public int MaxUnfinishedRuns { get; set; } = 16;

    /// <summary>Time between two checkpoints of a run: what a lost process costs at most. Default: 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Trainer:CheckpointInterval must be 0 seconds to 1 day.")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Time between two progress events of a run. Default: 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.02", "00:10:00", ErrorMessage = "Trainer:ProgressInterval must be 0.02 seconds to 10 minutes.")]
    public TimeSpan ProgressInterval { get; set; } = TimeSpan.FromSeconds(1);
}
