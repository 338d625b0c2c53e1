using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Ddpm.Web.Training;

namespace Ddpm.Web.Tests.Training;

public class RecipeTextTests
{
    private const string Recipe = """
        {
          // what is published
          "model": { "name": "pets" },
          "network": { "block_out_channels": [32, 64, 96], "sample_size": 28 },
          "training": {
            "steps": 7500, // an hour
            "batch_size": 32,
          },
        }
        """;

    [Theory]
    [InlineData("model.name", "\"pets\"")]
    [InlineData("network.block_out_channels", "[32, 64, 96]")]
    [InlineData("training.steps", "7500")]
    [InlineData("training.seed", null)]
    [InlineData("data.source", null)]
    public void Read_Path_IsTheValueAsItIsWritten(string path, string? value) => RecipeText.Read(Recipe, path).ShouldBe(value);

    [Fact]
    public void Write_OtherValue_LeavesAllElseAsItWasTyped() =>
        RecipeText.Write(Recipe, "training.steps", "100").ShouldBe(Recipe.Replace("7500", "100"));

    [Fact]
    public void Write_NewMember_StandsOnALineOfItsOwnAfterTheLast() =>
        RecipeText.Write(Recipe, "training.seed", "3").ShouldBe(Recipe.Replace("32,\n  }", "32,\n    \"seed\": 3,\n  }"));

    [Fact]
    public void Write_NewSection_IsMade() =>
        RecipeText.Write("""{ "model": { "name": "pets" } }""", "data.source", "\"pets\"")
            .ShouldBe("""{ "model": { "name": "pets" }, "data": { "source": "pets" } }""");

    [Fact]
    public void Write_IntoAnEmptyObject_IsItsOnlyMember() => RecipeText.Write("""{"a":{}}""", "a.b", "1").ShouldBe("""{"a":{ "b": 1 }}""");

    [Theory]
    [InlineData("a", """{ "b": 2, "c": 3 }""")]
    [InlineData("b", """{ "a": 1, "c": 3 }""")]
    [InlineData("c", """{ "a": 1, "b": 2 }""")]
    public void Write_Nothing_TakesTheMemberOutWithItsComma(string path, string left) =>
        RecipeText.Write("""{ "a": 1, "b": 2, "c": 3 }""", path, null).ShouldBe(left);

    [Fact]
    public void Write_NothingWhereNothingIs_ChangesNothing() => RecipeText.Write(Recipe, "data.source", null).ShouldBe(Recipe);

    [Fact]
    public void Write_BelowAValueThatIsNoObject_SaysWhichItIs() =>
        Should.Throw<JsonException>(() => RecipeText.Write("""{ "data": 1 }""", "data.source", "1")).Message.ShouldContain("data");

    [Fact]
    public void Write_NamesBeyondAscii_KeepsEveryByteInPlace() =>
        RecipeText.Write("""{ "é": "ü€😀", "b": 1 }""", "b", "2").ShouldBe("""{ "é": "ü€😀", "b": 2 }""");

    /// <summary>Whatever is written, in whatever order, the text means what a tree of the same writes means.</summary>
    [Fact]
    public void Write_AnySequence_MeansTheSameAsInATree()
    {
        string[] sections = ["a", "b", "c"];
        string[] names = ["x", "y", "z"];
        string?[] values = ["1", "\"t\"", "[1, 2]", "{ \"k\": [] }", null];
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 4], (section, name, value) => (sections[section], names[name], values[value])).Array[1, 12].Sample(writes =>
        {
            var text = "{}";
            var tree = new JsonObject();
            foreach (var (section, name, written) in writes)
            {
                text = RecipeText.Write(text, $"{section}.{name}", written);
                if (written is not null)
                    ((JsonObject)(tree[section] ??= new JsonObject()))[name] = JsonNode.Parse(written);
                else if (tree[section] is JsonObject there)
                    there.Remove(name);
            }
            return JsonNode.DeepEquals(JsonNode.Parse(text), tree);
        });
    }

    [Theory]
    [InlineData("{ \"a\": 1 ", 0)]
    [InlineData("{\n\"a\": 1\n\"b\": 2 }", 2)]
    public void Check_NoJson_SaysInWhichLine(string text, int line) => RecipeText.Check(text)!.LineNumber.ShouldBe(line);

    [Fact]
    public void Check_CommentsAndTrailingCommas_AreAllowedAsTheServerAllowsThem() => RecipeText.Check(Recipe).ShouldBeNull();

    [Fact]
    public void Check_AList_IsNoRecipe() => RecipeText.Check("[1]")!.Message.ShouldContain("object");
}
