namespace Ddpm.Web.Media;

/// <summary>Addresses of images, as <see cref="MediaEndpoints"/> serves them.</summary>
public static class MediaLinks
{
    public static string Image(string jobId, int trajectory) => $"/media/jobs/{jobId}/images/{trajectory}.png";

    /// <summary>A picture that went into a job.</summary>
    public static string Input(string jobId, string sha256) => $"/media/jobs/{jobId}/inputs/{sha256}.png";

    public static string Grid(string jobId) => $"/media/jobs/{jobId}/grid.png";

    /// <summary>x_t after <paramref name="step"/> steps.</summary>
    public static string Noisy(string jobId, int trajectory, int step) =>
        $"/media/jobs/{jobId}/trajectories/{trajectory}/frames/{step}/noisy.png";

    /// <summary>x̂0 after <paramref name="step"/> steps, from 1.</summary>
    public static string Denoised(string jobId, int trajectory, int step) =>
        $"/media/jobs/{jobId}/trajectories/{trajectory}/frames/{step}/denoised.png";

    /// <summary>ε that the two imply, where there is noise.</summary>
    public static string Noise(string jobId, int trajectory, int step) =>
        $"/media/jobs/{jobId}/trajectories/{trajectory}/frames/{step}/noise.png";

    /// <summary>The files of a version, as <see cref="ModelEndpoints"/> serves them.</summary>
    public static string Archive(string model, string version) => $"/media/models/{model}/{version}.zip";

    /// <summary>The network of a version as ONNX, as <see cref="ModelEndpoints"/> serves it.</summary>
    public static string Onnx(string model, string version) => $"/media/models/{model}/{version}.onnx";
}
