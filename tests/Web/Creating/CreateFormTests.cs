using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Creating;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.WebUtilities;

namespace Ddpm.Web.Tests.Creating;

public class CreateFormTests
{
    private readonly CreateForm _form = Samples.Form();

    [Fact]
    public void Offer_SeveralSamplers_StartsFromTheFirst()
    {
        _form.Sampler!.Name.ShouldBe("ddim");
        _form.Steps.ShouldBe(50);
        _form.Seed.ShouldBe("7");
        _form.HasAllClasses.ShouldBeTrue();
    }

    [Fact]
    public void Build_GuidedAtSomeTimesteps_SaysWhichAndSoDoesItsLink()
    {
        _form.Guidance = 4;
        _form.GuidedFrom = 200;

        var spec = _form.Build()!;
        spec.GuidanceInterval.ShouldBe(new GuidanceInterval { LowestTimestep = 200, HighestTimestep = 999 });

        (_form.GuidedFrom, _form.GuidedTo) = (null, null);
        var link = CreateLink.For(spec);
        _form.Read(QueryHelpers.ParseQuery(link[link.IndexOf('?')..]));
        _form.Build().ShouldBe(spec);
        _form.Guidance = 1;
        _form.Build()!.GuidanceInterval.ShouldBeNull();
    }

    [Fact]
    public void Offer_SeveralModels_StartsFromTheOnePublishedLast()
    {
        var (older, newer, training) = (Samples.Garments(), Samples.Garments(), Samples.Garments());
        (older.Name, newer.Name, training.Name) = ("a", "b", "c");
        newer.Versions[0].CreatedAt += Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(1));
        training.Versions[0].CreatedAt += Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(2));
        training.Aliases.Clear();
        var form = new CreateForm(() => 7);

        form.Offer([older, newer, training], [Samples.Ddim()]);

        form.Model!.Name.ShouldBe("b");
    }

    [Fact]
    public void Offer_ModelWhoseFirstRunTrains_IsAtItsCandidate()
    {
        var model = Samples.Garments();
        model.Aliases.Clear();
        model.Aliases["candidate"] = Samples.OlderVersion;

        _form.Offer([model], [Samples.Ddim()]);

        _form.Version.ShouldBe("candidate");
        _form.Weights!.Version.ShouldBe(Samples.OlderVersion);
        _form.Build()!.Version.ShouldBe("candidate");
    }

    [Fact]
    public void Offer_ModelWithoutAliases_IsAtItsNewestVersion()
    {
        var model = Samples.Garments();
        model.Aliases.Clear();

        _form.Offer([model], [Samples.Ddim()]);

        _form.Build()!.Version.ShouldBe(Samples.Version);
    }

    [Fact]
    public void Read_LinkToAVersion_ChoosesItWithAllItsClasses()
    {
        _form.ChooseUnconditional();

        _form.Read(QueryHelpers.ParseQuery(CreateLink.For("garments", Samples.Version)[1..]));

        _form.Version.ShouldBe(Samples.Version);
        _form.HasAllClasses.ShouldBeTrue();
    }

    [Fact]
    public void Build_FilledForm_CarriesEveryField()
    {
        _form.ToggleClass(1);
        _form.Guidance = 2.5;
        _form.Seed = "18446744073709551615";
        _form.Count = 4;
        _form.Options[0].Number = 0.25;
        _form.Options[1].Choice = "quadratic";
        _form.Options[2].Flag = false;

        var spec = _form.Build().ShouldNotBeNull();

        spec.Model.ShouldBe("garments");
        spec.Version.ShouldBe("latest");
        spec.Sampler.ShouldBe("ddim");
        spec.Steps.ShouldBe(50);
        spec.Seed.ShouldBe(ulong.MaxValue);
        spec.Count.ShouldBe(4);
        spec.Classes.Labels.ShouldBe([0, 2]);
        spec.GuidanceScale.ShouldBe(2.5f);
        spec.SamplerOptions.Fields["eta"].NumberValue.ShouldBe(0.25);
        spec.SamplerOptions.Fields["spacing"].StringValue.ShouldBe("quadratic");
        spec.SamplerOptions.Fields["clip"].BoolValue.ShouldBeFalse();
    }

    [Fact]
    public void Build_FewerImagesThanClasses_KeepsTheClasses()
    {
        _form.Count = 2;

        _form.Build()!.Classes.Labels.ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void Build_Unconditional_LeavesGuidanceOut()
    {
        _form.Guidance = 3;
        _form.ChooseUnconditional();

        var spec = _form.Build().ShouldNotBeNull();

        spec.Classes.Labels.ShouldBeEmpty();
        spec.HasGuidanceScale.ShouldBeFalse();
    }

    [Theory]
    [InlineData("12x")]
    [InlineData("-1")]
    [InlineData("18446744073709551616")]
    [InlineData("")]
    public void Build_SeedIsNoWholeNumber_NamesTheField(string seed)
    {
        _form.Seed = seed;

        _form.Build().ShouldBeNull();

        _form.ViolationOf("seed").ShouldNotBeNull().ShouldContain("whole number");
    }

    [Fact]
    public void ChooseVersion_WeightsWithoutClasses_DropsClassesAndGuidance()
    {
        _form.ChooseVersion(Samples.OlderVersion);

        _form.Classes.ShouldBeEmpty();
        _form.IsClassConditional.ShouldBeFalse();
        _form.CanGuide.ShouldBeFalse();
    }

    [Fact]
    public void TakeViolations_FieldsOfTheSpec_AreFoundUnderTheirFormField()
    {
        var violations = new Violations();
        violations.Add("spec.steps", "must be 1 … 1000");
        violations.Add("spec.sampler_options.eta", "must be 0 … 1");
        violations.Add("spec.classes.labels[1]", "must be 0 … 2");
        violations.Add("spec.shoe_size", "must be even");

        _form.TakeViolations(violations.ToRpcException()).ShouldBeTrue();

        _form.ViolationOf("steps").ShouldBe("must be 1 … 1000");
        _form.ViolationOf(CreateForm.OptionField("eta")).ShouldBe("must be 0 … 1");
        _form.ViolationOf("classes").ShouldBe("must be 0 … 2");
        _form.ViolationOf("sampler").ShouldBeNull();
        _form.Violations.ShouldContain(("Randomness", "must be 0 … 1"));
        _form.Violations.ShouldContain(("shoe_size", "must be even"));
    }

    [Fact]
    public void TakeViolations_FailureWithoutFields_LeavesItToOthers() =>
        _form.TakeViolations(RpcErrors.NotFound("no such model")).ShouldBeFalse();

    [Fact]
    public void Read_LinkToASpec_BuildsTheSameSpec()
    {
        var spec = Samples.Spec();
        var query = QueryHelpers.ParseQuery(new Uri(new Uri("http://localhost"), CreateLink.For(spec)).Query);

        _form.Read(query);

        _form.Build().ShouldBe(spec);
    }

    [Fact]
    public void Read_LinkToAnUnconditionalSpec_ChoosesNoClass()
    {
        var spec = Samples.Spec();
        spec.Classes = new ClassSelection();
        spec.ClearGuidanceScale();

        _form.Read(QueryHelpers.ParseQuery(new Uri(new Uri("http://localhost"), CreateLink.For(spec)).Query));

        _form.Build().ShouldBe(spec);
    }

    [Fact]
    public void Read_Nonsense_LeavesTheFormAsItIs()
    {
        var before = _form.Build();

        _form.Read(QueryHelpers.ParseQuery("?model=unicorn&version=zz&sampler=magic&steps=many&count=&guidance=NaN&option.eta=inf&option.spacing=round"));

        _form.Build().ShouldBe(before);
    }
}
