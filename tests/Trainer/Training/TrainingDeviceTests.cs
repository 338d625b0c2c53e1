using Ddpm.Hosting;
using Ddpm.Networks;
using Microsoft.Extensions.Options;
using TorchSharp;

namespace Ddpm.Trainer.Training;

public sealed class TrainingDeviceTests
{
    [Theory]
    [InlineData(DeviceChoice.Auto)]
    [InlineData(DeviceChoice.Cpu)]
    public void Device_WithoutCuda_IsTheCpu(DeviceChoice choice)
    {
        Assert.SkipWhen(choice == DeviceChoice.Auto && torch.cuda_is_available(), "there is a CUDA device");

        new TrainingDevice(Options.Create(new TrainerOptions { Device = choice })).Device.type.ShouldBe(DeviceType.CPU);
    }

    [Fact]
    public void Constructor_OfCudaWithoutOne_RefusesToStart()
    {
        Assert.SkipWhen(torch.cuda_is_available(), "there is a CUDA device");

        Should.Throw<StartRefusedException>(() => new TrainingDevice(Options.Create(new TrainerOptions { Device = DeviceChoice.Cuda })))
            .Message.ShouldStartWith("Trainer:Device is 'cuda' but libtorch finds no CUDA device");
    }

    [Fact]
    public async Task Start_OfCudaWithoutOne_IsRefused()
    {
        Assert.SkipWhen(torch.cuda_is_available(), "there is a CUDA device");
        using var folder = new TemporaryFolder();

        await Should.ThrowAsync<StartRefusedException>(() => TrainerUnderTest.StartAsync(folder.Path, "--Trainer:Device=cuda"));
    }
}
