using Ddpm.Protocol;
using Ddpm.Web.Tests.Doubles;
using Ddpm.Web.Training;

namespace Ddpm.Web.Tests.Training;

public class RecipeDraftTests
{
    private readonly RecipeDraft _draft = new();

    public RecipeDraftTests() => _draft.Take(Samples.Recipe("shapes"));

    [Fact]
    public void Write_Number_IsANumberInTheText()
    {
        _draft.Write(RecipeField.LearningRate, " 1e-3 ");

        _draft.Text.ShouldBe(Samples.Recipe("shapes").Replace("2e-4", "1e-3"));
        _draft.Read(RecipeField.LearningRate).ShouldBe("1e-3");
    }

    [Fact]
    public void Take_TypedText_IsWhatTheFieldsShow()
    {
        _draft.Take("""{ "model": { "name": "p\u0065ts" }, "training": { "steps": 5 } }""");

        _draft.Read(RecipeField.ModelName).ShouldBe("pets");
        _draft.Read(RecipeField.Steps).ShouldBe("5");
        _draft.Read(RecipeField.BatchSize).ShouldBeNull();
        _draft.HasNullClass.ShouldBeFalse();
    }

    [Fact]
    public void Write_Empty_LeavesTheFieldToItsDefault()
    {
        _draft.Write(RecipeField.BatchSize, "");

        _draft.Read(RecipeField.BatchSize).ShouldBeNull();
        _draft.Text.ShouldNotContain("batch_size");
    }

    [Fact]
    public void Check_NumberThatIsNone_NamesFieldAndWhatItIs()
    {
        _draft.Write(RecipeField.Steps, "many");

        _draft.Check().ShouldBeFalse();
        _draft.ViolationOf(RecipeField.Steps).ShouldBe("must be a number, is \"many\"");
    }

    [Fact]
    public void Take_NoJson_SaysWhereAndKeepsTheTextFromTheFields()
    {
        _draft.Take("{\n  \"model\": }");

        _draft.SyntaxError.ShouldNotBeNull().ShouldStartWith("Line 2: ");
        _draft.Write(RecipeField.Steps, "7");
        _draft.Text.ShouldBe("{\n  \"model\": }");
        _draft.Check().ShouldBeFalse();
    }

    [Fact]
    public void TakeViolations_OfFieldsAndOthers_AreToldApart()
    {
        var violations = new Violations();
        violations.Add("training.batch_size", "must be 1 … 65536, is 0");
        violations.Add("network.norm_num_groups", "must divide 32, is 5");

        _draft.TakeViolations(violations.ToRpcException()).ShouldBeTrue();

        _draft.ViolationOf(RecipeField.BatchSize).ShouldBe("must be 1 … 65536, is 0");
        _draft.ViolationOf(RecipeField.Steps).ShouldBeNull();
        _draft.HasViolationsElsewhere.ShouldBeTrue();
        _draft.Violations.ShouldBe([("Batch size", "must be 1 … 65536, is 0"), ("network.norm_num_groups", "must divide 32, is 5")]);
    }

    [Fact]
    public void Numbers_OfAList_AreItsElements() => _draft.Numbers("network.block_out_channels").ShouldBe([32, 64]);
}
