using Ddpm.Web.Wording;

namespace Ddpm.Web.Tests.Wording;

public class PlainWordsTests
{
    [Theory]
    [InlineData(0.42, "0.4 s")]
    [InlineData(9.97, "10 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(185, "3 min 05 s")]
    [InlineData(7800, "2 h 10 min")]
    public void Duration_Seconds_ReadsWell(double seconds, string words) =>
        PlainWords.Duration(TimeSpan.FromSeconds(seconds)).ShouldBe(words);

    [Theory]
    [InlineData(0.2, "about 1 s")]
    [InlineData(3.2, "4 s")]
    [InlineData(61.5, "1 min 02 s")]
    public void TimeLeft_Estimate_IsRoundedUp(double seconds, string words) =>
        PlainWords.TimeLeft(TimeSpan.FromSeconds(seconds)).ShouldBe(words);

    [Theory]
    [InlineData(10, "just now")]
    [InlineData(300, "5 min ago")]
    [InlineData(3 * 3600, "3 h ago")]
    [InlineData(30 * 3600, "yesterday")]
    [InlineData(5 * 86400, "5 days ago")]
    [InlineData(60 * 86400, "2 September 2026")]
    public void Ago_Seconds_ReadsWell(int seconds, string words)
    {
        var now = new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

        PlainWords.Ago(now.AddSeconds(-seconds), now).ShouldBe(words);
    }

    [Theory]
    [InlineData(new[] { 1, 28, 30 }, "30 × 28, grey")]
    [InlineData(new[] { 3, 32, 32 }, "32 × 32, colour")]
    [InlineData(new[] { 4, 8, 8 }, "8 × 8, 4 channels")]
    public void SampleShape_ChannelsHeightWidth_SaysWidthFirst(int[] shape, string words) =>
        PlainWords.SampleShape(shape).ShouldBe(words);
}
