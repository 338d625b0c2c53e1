using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Creating;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.WebUtilities;

namespace Ddpm.Web.Tests.Creating;

/// <summary>Where a job begins and what it keeps, through the form and its link.</summary>
public class StartInputTests
{
    private readonly CreateForm _form = Samples.Form();

    [Fact]
    public void Build_BeginningBetweenSeeds_SaysTheOther()
    {
        _form.Start.Kind = StartKind.BetweenSeeds;
        _form.Build().ShouldBeNull();
        _form.ViolationOf("between_seeds").ShouldNotBeNull();

        _form.Start.OtherSeed = "8";
        _form.Build()!.BetweenSeeds.OtherSeed.ShouldBe(8UL);
    }

    [Fact]
    public void Build_BeginningAtAFile_SendsItInTheModelsShape()
    {
        _form.Start.Kind = StartKind.NoisedPicture;
        _form.Build().ShouldBeNull();
        _form.ViolationOf("noised_image").ShouldNotBeNull();

        _form.Start.Picture.Take("white.png", Ddpm.Imaging.PngEncoder.Encode(Enumerable.Repeat(1f, 3 * 40 * 50).ToArray(), [3, 40, 50]));
        _form.Start.Strength = 0.3;
        var spec = _form.Build()!;

        spec.NoisedImage.Strength.ShouldBe(0.3);
        spec.NoisedImage.Image.Pixels.Shape.ShouldBe([1, 28, 28]);
        TensorCodec.Decode(spec.NoisedImage.Image.Pixels).ShouldAllBe(value => value == 1);
        Should.Throw<InvalidDataException>(() => _form.Start.Picture.Take("no.png", [1, 2]));
    }

    [Fact]
    public void Build_GoingFromAPictureToAnother_SendsBoth()
    {
        _form.Start.Kind = StartKind.EncodedPicture;
        _form.Start.Picture.Take("white.png", Square(1));
        _form.Start.Other.Take("black.png", Square(-1));

        var spec = _form.Build()!;

        TensorCodec.Decode(spec.EncodedImages.Image.Pixels).ShouldAllBe(value => value == 1);
        TensorCodec.Decode(spec.EncodedImages.Other.Pixels).ShouldAllBe(value => value == -1);
        _form.Start.Other.SourceFor([1, 28, 28])!.ShouldStartWith("data:image/png;base64,");
    }

    [Fact]
    public void Build_KeepingPartOfAPicture_SendsWhatIsKnown()
    {
        _form.Start.Kind = StartKind.KeptPicture;
        _form.Start.Picture.Take("white.png", Square(1));
        _form.Start.Mask = PixelMask.For(28, 28);
        _form.Build().ShouldBeNull();
        _form.ViolationOf("inpainting").ShouldNotBeNull();

        _form.Start.Mask.Fill((x, y) => x < 7);
        _form.Start.Resamplings = 9;
        var spec = _form.Build()!;

        spec.Inpainting.Resamplings.ShouldBe(9);
        spec.Inpainting.Mask.Pixels.Shape.ShouldBe([28, 28]);
        var known = TensorCodec.Decode(spec.Inpainting.Mask.Pixels);
        known.Index().ShouldAllBe(pixel => pixel.Item == (pixel.Index % 28 < 7 ? 0 : 1));
    }

    [Fact]
    public void Read_LinkOfAJobThatKeptPartOfAPicture_SaysWhichPictureAndMask()
    {
        var job = Samples.Job();
        job.Spec.Inpainting = new Inpainting
        {
            Image = new InputImage { Sha256 = new string('a', 64) },
            Mask = new InputImage { Sha256 = new string('b', 64) },
            Resamplings = 3,
        };
        var link = CreateLink.For(job.Again());

        _form.Read(QueryHelpers.ParseQuery(link[link.IndexOf('?')..]));

        (_form.Start.Kind, _form.Start.Resamplings).ShouldBe((StartKind.KeptPicture, 3));
        _form.Start.Picture.SourceFor([1, 28, 28]).ShouldBe($"/media/jobs/{job.Id}/inputs/{new string('a', 64)}.png");
        _form.Start.MaskToFetch.ShouldBe(new JobInput { JobId = job.Id, Sha256 = new string('b', 64) });
    }

    [Theory]
    [InlineData(StartKind.NoisedPicture)]
    [InlineData(StartKind.EncodedPicture)]
    public void Read_LinkOfAJobThatBeganAtAnImage_BeginsThereAgain(StartKind kind)
    {
        var image = new InputImage { JobImage = new JobImage { JobId = Samples.Job().Id, Trajectory = 3 } };
        var spec = Samples.Spec();
        if (kind == StartKind.NoisedPicture)
            spec.NoisedImage = new NoisedImage { Image = image, Strength = 0.25 };
        else
            spec.EncodedImages = new EncodedImages { Image = image };
        var link = CreateLink.For(spec);

        _form.Read(QueryHelpers.ParseQuery(link[link.IndexOf('?')..]));
        var built = _form.Build()!;

        _form.Start.Kind.ShouldBe(kind);
        (built.NoisedImage?.Image ?? built.EncodedImages.Image).ShouldBe(image);
        (built.NoisedImage?.Strength ?? 0.25).ShouldBe(0.25);
    }

    private static byte[] Square(float value) => Ddpm.Imaging.PngEncoder.Encode(Enumerable.Repeat(value, 3 * 40 * 40).ToArray(), [3, 40, 40]);
}
