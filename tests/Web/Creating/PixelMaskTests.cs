using Ddpm.Protocol;
using Ddpm.Web.Creating;

namespace Ddpm.Web.Tests.Creating;

public class PixelMaskTests
{
    [Fact]
    public void Bits_TakenByAnother_AreTheSameMask()
    {
        var mask = PixelMask.For(5, 3);
        mask.Fill((x, y) => (x + y) % 2 == 0);

        var other = PixelMask.For(5, 3);
        other.TryTake(mask.Bits).ShouldBeTrue();

        other.Bits.ShouldBe(mask.Bits);
        mask.Share.ShouldBe(8 / 15.0);
        TensorCodec.Decode(other.Known(5, 3)).ShouldBe([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAA=")]
    [InlineData("AAAAAAAA")]
    [InlineData("not base 64")]
    public void TryTake_WhatIsNoSuchMask_ChangesNothing(string? bits)
    {
        var mask = PixelMask.For(2, 4);
        mask.Fill((x, _) => x == 0);

        mask.TryTake(bits).ShouldBeFalse();

        mask.Share.ShouldBe(0.25);
    }

    [Fact]
    public void Known_OfALargePicture_HasCellsOfSeveralPixels()
    {
        var mask = PixelMask.For(256, 512);
        (mask.Width, mask.Height).ShouldBe((128, 128));
        mask.Fill((x, y) => x == 1 && y == 2);

        var known = mask.Known(256, 512);

        var values = TensorCodec.Decode(known);
        values.Count(value => value == 0).ShouldBe(2 * 4);
        (values[(4 * 512) + 4], values[(5 * 512) + 7], values[(6 * 512) + 4]).ShouldBe((0f, 0f, 1f));
        PixelMask.Of(known).Bits.ShouldBe(mask.Bits);
        mask.Fits(256, 512).ShouldBeTrue();
        mask.Fits(64, 512).ShouldBeFalse();
    }
}
