using Ddpm.Hosting;
using Ddpm.Networks;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>Where runs train, as <c>Trainer:Device</c> says.</summary>
internal sealed class TrainingDevice
{
    private readonly Lazy<Device> _device;

    /// <exception cref="StartRefusedException">The device asked for is not there.</exception>
    public TrainingDevice(IOptions<TrainerOptions> options)
    {
        var choice = options.Value.Device;
        _device = new Lazy<Device>(() => TorchDevice.Find(choice)
            ?? throw new StartRefusedException($"{TrainerOptions.Section}:{nameof(TrainerOptions.Device)} {TorchDevice.NoCuda}"));
        // What is asked for by name is missed at the start; otherwise libtorch is not loaded before there is a run.
        if (choice == DeviceChoice.Cuda)
            _ = _device.Value;
    }

    /// <exception cref="LibTorchMissingException">libtorch cannot be loaded.</exception>
    public Device Device => _device.Value;
}
