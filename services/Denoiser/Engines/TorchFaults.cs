using Ddpm.Networks;
using Ddpm.Safetensors;

namespace Ddpm.Denoiser;

/// <summary>What keeps Torch from loading a checkpoint, as <see cref="IDenoisingEngine.Load"/> says it.</summary>
internal static class TorchFaults
{
    /// <exception cref="InvalidDataException">It cannot be loaded; the message names the file and the rule.</exception>
    public static T Named<T>(Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is CheckpointException or InvalidConfigException or SafetensorsException or ArgumentException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }
}
