using Bunit;
using Ddpm.Imaging;
using Ddpm.Web.Schedules;
using Microsoft.AspNetCore.Components.Forms;

namespace Ddpm.Web.Tests.Components;

public class SchedulesPageTests : GalleryContext
{
    [Fact]
    public void Slider_Moved_NoisesThePictureByEverySchedule()
    {
        var page = Render<Ddpm.Web.Components.Pages.Schedules>();
        var before = Pictures(page);

        page.Find(Id("schedule-slider")).Input("999");

        page.Find(Id("schedule-timestep")).TextContent.ShouldBe("999");
        var after = Pictures(page);
        after.Count.ShouldBe(ScheduleCurve.All.Count);
        after.ShouldBeUnique();
        after.Intersect(before).ShouldBeEmpty();
        // Ho et al. 2020, section 3.2: with their schedule next to nothing of the signal is left.
        page.FindAll("dd")[1].TextContent.ShouldBe("0.0000404");
    }

    [Fact]
    public void Picture_Chosen_IsTheOneThatIsNoised()
    {
        var page = Render<Ddpm.Web.Components.Pages.Schedules>();
        page.Find(Id("schedule-slider")).Input("0");
        var before = Pictures(page);

        Upload(page, PngEncoder.Encode(Enumerable.Repeat(-1f, 100).ToArray(), [1, 10, 10]));

        page.WaitForAssertion(() => Pictures(page)[0].ShouldNotBe(before[0]));
        page.FindAll(Id("schedule-file-violation")).ShouldBeEmpty();
    }

    [Fact]
    public void Picture_ThatIsNone_SaysWhatIsRead()
    {
        var page = Render<Ddpm.Web.Components.Pages.Schedules>();

        Upload(page, [1, 2, 3]);

        page.WaitForElement(Id("schedule-file-violation")).TextContent.ShouldContain("PNG, JPEG");
    }

    [Fact]
    public void Curves_OfEverySchedule_FallFromSignalToNoise()
    {
        foreach (var curve in ScheduleCurve.All)
        {
            curve.AlphaBars.ShouldBeInOrder(SortDirection.Descending, curve.Name);
            curve.AlphaBars[0].ShouldBeGreaterThan(0.99, curve.Name);
            curve.SignalToNoise(999).ShouldBeLessThan(0.01, curve.Name);
        }
        ScheduleCurve.All[^1].AlphaBars[^1].ShouldBe(0);
    }

    private static List<string> Pictures(IRenderedComponent<Ddpm.Web.Components.Pages.Schedules> page) =>
        [.. page.FindAll("img").Select(image => image.GetAttribute("src")!)];

    private static void Upload(IRenderedComponent<Ddpm.Web.Components.Pages.Schedules> page, byte[] content) =>
        page.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromBinary(content, "picture.png"));
}
