using Ddpm.Hosting;
using Ddpm.Networks;
using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser;

/// <summary>Chooses the engine by what the operator asks for and what device there is.</summary>
internal static class DenoisingEngines
{
    /// <exception cref="StartRefusedException">The device asked for is not there.</exception>
    public static IDenoisingEngine Choose(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<DenoiserOptions>>();
        var (engine, device) = (options.Value.Engine, options.Value.Device);
        // Torch is loaded only where it may be needed.
        return engine == EngineChoice.Onnx
            || (engine == EngineChoice.Auto && options.Value.Precision != EvaluationPrecision.Bfloat16 && (device == DeviceChoice.Cpu || !HasCuda(device)))
            ? new OnnxEngine(options)
            : new TorchEngine(options);
    }

    /// <summary>Also where CUDA is asked for and is not there: the Torch engine then says so.</summary>
    private static bool HasCuda(DeviceChoice device) => TorchDevice.Find(device)?.IsCuda() ?? true;
}
