using Bunit;
using Ddpm.Protocol;
using Ddpm.Web.Components.Pages;
using Ddpm.Web.Tests.Doubles;
using Ddpm.Web.Training;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Web.Tests.Components;

public class TrainPageTests : GalleryContext
{
    [Fact]
    public void DataSets_Chosen_ShowsItsImagesAndWhatItsInspectionFound()
    {
        DataSets.DataSets.Add(Samples.Shapes());

        var page = Render<Train>();

        page.WaitForElement(Id("wall")).QuerySelectorAll("img").Length.ShouldBe(60);
        page.Find(Id("data-facts")).TextContent.ShouldContain("28×20 and 16×16");
        page.Find(Id("data-unreadable")).TextContent.ShouldContain("left/broken.png is no image");
        page.WaitForAssertion(() => page.Find(Id("data-card-shapes")).QuerySelectorAll("img").Length.ShouldBe(DataSetShelf.PicturesOnCard));
        page.Find(Id("data-card-shapes")).TextContent.ShouldContain("1 cannot be read");
        // As large as training sees the most frequent of them.
        DataSets.Previewed[0].Side.ShouldBe(28);
    }

    [Fact]
    public void ClassChip_Pressed_ShowsOnlyThatClass()
    {
        DataSets.DataSets.Add(Samples.Shapes());
        var page = Render<Train>();

        page.WaitForElement(Id("wall-class-1")).Click();

        page.WaitForAssertion(() => page.FindAll($"{Id("wall")} img").ShouldAllBe(image => image.GetAttribute("alt")!.StartsWith("right")));
        page.FindAll($"{Id("wall")} img").Count.ShouldBe(20);
        page.Find(Id("wall-class-1")).GetAttribute("aria-pressed").ShouldBe("true");
    }

    [Fact]
    public void DataSet_NotInspected_IsInspectedWhenChosen()
    {
        DataSets.DataSets.Add(Samples.Shapes("drawn"));
        DataSets.DataSets.Add(Samples.Shapes("found"));
        DataSets.NotInspected.Add("found");
        var page = Render<Train>();
        page.WaitForElement(Id("data-radio-found"));
        page.Find(Id("data-card-found")).TextContent.ShouldContain("not looked at yet");

        page.Find(Id("data-radio-found")).Change("found");

        page.WaitForAssertion(() => page.Find(Id("data-card-found")).TextContent.ShouldContain("2 classes"));
        page.WaitForAssertion(() => page.Find(Id("recipe-model-name")).GetAttribute("value").ShouldBe("found"));
    }

    [Fact]
    public void DataSet_CannotBeRead_SaysWhy()
    {
        DataSets.DataSets.Add(Samples.Shapes());
        var page = Render<Train>();
        page.WaitForElement(Id("wall"));

        DataSets.Failure = RpcErrors.FailedPrecondition("The data set holds no images that can be read.");
        page.Find(Id("wall-class-0")).Click();

        page.WaitForElement(Id("trouble")).TextContent.ShouldContain("holds no images");
    }

    [Fact]
    public void NoDataSets_SaysWhatToBring()
    {
        var page = Render<Train>();

        page.WaitForElement(Id("data-empty"));
        page.Find(Id("runs-empty"));
        page.Find(Id("upload-card"));
    }

    [Fact]
    public void TrainerDown_SaysSo()
    {
        DataSets.Failure = Trainer.Failure = Calls.Unavailable();

        var page = Render<Train>();

        page.WaitForElement(Id("trouble")).TextContent.ShouldContain("The Trainer does not answer.");
    }

    [Fact]
    public void Field_Changed_WritesTheJson()
    {
        var page = ShowShapes();

        page.WaitForElement(Id("recipe-training-steps")).Change("1200");

        page.WaitForAssertion(() => page.Find(Id("recipe-json")).GetAttribute("value").ShouldBe(Samples.Recipe("shapes").Replace("300", "1200")));
        // 1200 steps of 8 over 60 images.
        page.Find(Id("recipe-form")).TextContent.ShouldContain("160 passes");
    }

    [Fact]
    public void Json_Changed_WritesTheFields()
    {
        var page = ShowShapes();

        page.WaitForElement(Id("recipe-json")).Change(Samples.Recipe("shapes").Replace("\"null_class_embed\": 2", "\"dropout\": 0").Replace("300", "7"));

        page.WaitForAssertion(() => page.Find(Id("recipe-training-steps")).GetAttribute("value").ShouldBe("7"));
        page.FindAll(Id("recipe-training-class-dropout")).ShouldBeEmpty();
    }

    [Fact]
    public void Json_Broken_SaysWhereAndDoesNotStart()
    {
        var page = ShowShapes();

        page.WaitForElement(Id("recipe-json")).Change("{\n \"model\": oops }");

        page.WaitForAssertion(() => page.Find(Id("recipe-syntax")).TextContent.ShouldStartWith("Line 2"));
        page.Find(Id("recipe-start")).HasAttribute("disabled").ShouldBeTrue();
        page.Find(Id("recipe-json")).GetAttribute("aria-invalid").ShouldBe("true");
    }

    [Fact]
    public void Start_Accepted_LeadsToTheRun()
    {
        var page = ShowShapes();

        page.WaitForElement(Id("recipe-form")).Submit();

        page.WaitForAssertion(() => Trainer.Started.ShouldHaveSingleItem().RequestId.ShouldNotBeEmpty());
        Trainer.Started[0].RecipeJson.ShouldBe(Samples.Recipe("shapes"));
        page.WaitForAssertion(() => Services.GetRequiredService<NavigationManager>().Uri.ShouldEndWith($"/runs/{Trainer.Runs.Keys.Single()}"));
    }

    [Fact]
    public void Start_FieldsBreakRules_ShowsEachRuleAtItsField()
    {
        var violations = new Violations();
        violations.Add("training.batch_size", "must be 1 … 65536, is 0");
        violations.Add("network.norm_num_groups", "must divide 32, is 5");
        Trainer.Refusal = violations.ToRpcException();
        var page = ShowShapes();

        page.WaitForElement(Id("recipe-form")).Submit();

        page.WaitForElement(Id("recipe-violations")).TextContent.ShouldContain("network.norm_num_groups");
        page.Find(Id("recipe-training-batch-size")).GetAttribute("aria-invalid").ShouldBe("true");
        page.Find(Id("recipe-training-steps")).GetAttribute("aria-invalid").ShouldBe("false");
        page.Find(Id("recipe-all")).HasAttribute("open").ShouldBeTrue();
    }

    [Fact]
    public void Start_NoAnswerThenAgain_AsksForTheSameRun()
    {
        Trainer.Refusal = Calls.Unavailable();
        var page = ShowShapes();
        page.WaitForElement(Id("recipe-form")).Submit();
        page.WaitForElement(Id("trouble"));

        Trainer.Refusal = null;
        page.Find(Id("recipe-form")).Submit();

        page.WaitForAssertion(() => Trainer.Started.Count.ShouldBe(2));
        Trainer.Started[1].RequestId.ShouldBe(Trainer.Started[0].RequestId);
    }

    [Fact]
    public void RunInAddress_BringsItsRecipe()
    {
        DataSets.DataSets.Add(Samples.Shapes("drawn"));
        DataSets.DataSets.Add(Samples.Shapes());
        var run = Trainer.Keep(Samples.Run(Samples.Recipe("shapes").Replace("300", "11")));
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/train?run={run.Id}");

        var page = Render<Train>();

        page.WaitForElement(Id("recipe-training-steps")).GetAttribute("value").ShouldBe("11");
        page.WaitForAssertion(() => page.Find(Id("data-radio-shapes")).HasAttribute("checked").ShouldBeTrue());
    }

    [Fact]
    public async Task Upload_Kept_IsChosen()
    {
        DataSets.DataSets.Add(Samples.Shapes("drawn"));
        var page = Render<Train>();
        page.WaitForElement(Id("upload-card"));

        page.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText("PK", "Shapes.zip"));
        page.WaitForElement(Id("upload-name")).GetAttribute("value").ShouldBe("shapes");
        page.Find(Id("upload-panel")).Submit();
        page.WaitForElement(Id("upload-cancel"));
        await DataSets.Upload!.Completed;
        DataSets.DataSets.Add(Samples.Shapes());
        DataSets.Upload.Answer(Samples.Shapes());

        page.WaitForAssertion(() => page.Find(Id("data-radio-shapes")).HasAttribute("checked").ShouldBeTrue());
        page.FindAll(Id("upload-panel")).ShouldBeEmpty();
        page.WaitForAssertion(() => page.Find(Id("recipe-model-name")).GetAttribute("value").ShouldBe("shapes"));
    }

    [Fact]
    public void Runs_MoreThanOnePage_AreTurnedNewestFirst()
    {
        var runs = Enumerable.Range(0, RunList.PageSize + 1).Select(_ => Trainer.Keep(Samples.Run())).ToList();
        runs[^1].StepsDone = 150;
        runs[^1].Loss = 0.0367;
        var page = Render<Train>();

        var newest = page.WaitForElement($"{Id("runs")} li a");
        newest.GetAttribute("href").ShouldBe($"/runs/{runs[^1].Id}");
        newest.TextContent.ShouldContain("150 of 300 steps");
        newest.TextContent.ShouldContain("loss 0.0367");
        page.Find(Id("runs-next")).Click();

        page.WaitForElement(Id($"run-{runs[0].Id}"));
    }

    private IRenderedComponent<Train> ShowShapes()
    {
        DataSets.DataSets.Add(Samples.Shapes());
        return Render<Train>();
    }
}
