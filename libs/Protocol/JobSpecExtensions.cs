using Ddpm.V1;

namespace Ddpm.Protocol;

/// <summary>What a job's specification holds.</summary>
public static class JobSpecExtensions
{
    /// <summary>The pictures that go into the job, with their fields.</summary>
    public static IEnumerable<(string Field, InputImage Image)> InputImages(this JobSpec spec)
    {
        (string Field, InputImage? Image)[] images =
        [
            ("noised_image.image", spec.NoisedImage?.Image),
            ("encoded_images.image", spec.EncodedImages?.Image),
            ("encoded_images.other", spec.EncodedImages?.Other),
            ("inpainting.image", spec.Inpainting?.Image),
            ("inpainting.mask", spec.Inpainting?.Mask),
        ];
        return images.Where(image => image.Image is not null).Select(image => (image.Field, image.Image!));
    }

    /// <summary>The specification of a job that is there, as it can be submitted again: it names its pictures as those of that job.</summary>
    public static JobSpec Again(this Job job)
    {
        var spec = job.Spec.Clone();
        foreach (var (_, image) in spec.InputImages())
            image.JobInput = new JobInput { JobId = job.Id, Sha256 = image.Sha256 };
        return spec;
    }
}
