namespace Ddpm.Imaging.Tests;

public sealed class ImageFitterTests
{
    [Fact]
    public void Fit_SameSize_KeepsEveryPixelInPlanes()
    {
        byte[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

        ImageFitter.Fit(new RawImage(2, 2, 3, pixels), new ImageShape(3, 2, 2), ImageFit.Crop).ShouldBe([1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12]);
    }

    [Fact]
    public void Fit_ColourToGrey_IsTheLumaOfBt601()
    {
        // 0.299 R + 0.587 G + 0.114 B: pure red, green and blue are 76, 150 and 29 in Pillow's mode L.
        byte[] pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255];

        ImageFitter.Fit(new RawImage(3, 1, 3, pixels), new ImageShape(1, 1, 3), ImageFit.Crop).ShouldBe([76, 150, 29]);
    }

    [Fact]
    public void Fit_GreyToColour_RepeatsThePlane() =>
        ImageFitter.Fit(new RawImage(2, 1, 1, [10, 20]), new ImageShape(3, 1, 2), ImageFit.Crop).ShouldBe([10, 20, 10, 20, 10, 20]);

    [Fact]
    public void Fit_Transparent_LiesOverWhite() =>
        ImageFitter.Fit(new RawImage(3, 1, 4, [0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 51]), new ImageShape(1, 1, 3), ImageFit.Crop).ShouldBe([255, 0, 204]);

    [Fact]
    public void Fit_WideImageCropped_IsItsCentre()
    {
        // Red, green, green, red: a square cut of the centre is all green; stretched it keeps its red edges.
        byte[] row = [255, 0, 0, 0, 255, 0, 0, 255, 0, 255, 0, 0];
        var wide = new RawImage(4, 2, 3, [.. row, .. row]);

        ImageFitter.Fit(wide, new ImageShape(3, 2, 2), ImageFit.Crop).ShouldBe([0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]);
        ImageFitter.Fit(wide, new ImageShape(3, 2, 2), ImageFit.Stretch)[0].ShouldBeGreaterThan((byte)100);
    }

    [Fact]
    public void Fit_ChequersToAQuarter_AveragesThem()
    {
        var chequers = Enumerable.Range(0, 64 * 64).Select(i => (byte)((((i / 64) + i) % 2) * 255)).ToArray();

        var small = ImageFitter.Fit(new RawImage(64, 64, 1, chequers), new ImageShape(1, 16, 16), ImageFit.Crop);

        small.ShouldAllBe(pixel => pixel >= 120 && pixel <= 135);
    }
}
