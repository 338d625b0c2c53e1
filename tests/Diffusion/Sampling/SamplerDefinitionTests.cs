using System.Numerics;
using System.Text.RegularExpressions;

namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class SamplerDefinitionTests
{
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    public static TheoryData<string> Names => [.. SamplerCatalog.All.Select(definition => definition.Name)];

    [Fact]
    public void Catalog_Samplers_HaveNamesAndPlacesOfTheirOwn()
    {
        SamplerCatalog.All.Select(definition => definition.Name).ShouldBeUnique();
        SamplerCatalog.All.Select(definition => definition.Place).ShouldBeUnique();
        SamplerCatalog.All.ShouldAllBe(definition => Regex.IsMatch(definition.Name, "^[a-z0-9]+(-[a-z0-9+]+)*$"));
        SamplerCatalog.All[0].Name.ShouldBe("ddim");
        SamplerCatalog.Find("ddpm").ShouldBeOfType<DdpmDefinition>();
        SamplerCatalog.Find("DDPM").ShouldBeNull();
        SamplerCatalog.Find("").ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Definition_Texts_SayWhatPeopleNeed(string name)
    {
        var definition = SamplerCatalog.Find(name)!;

        foreach (var text in new[] { definition.Title, definition.Summary, definition.Paper })
            text.ShouldNotBeNullOrWhiteSpace();
        definition.DefaultSteps.ShouldBeInRange(1, definition.StepLimit(Schedule));
        definition.Options.Select(option => option.Name).ShouldBeUnique();
        foreach (var option in definition.Options)
        {
            option.Name.ShouldMatch("^[a-z]+(_[a-z]+)*$");
            option.Title.ShouldNotBeNullOrWhiteSpace();
            option.Help.ShouldNotBeNullOrWhiteSpace();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Resolve_DefaultsGivenBack_AreRight(string name)
    {
        var definition = SamplerCatalog.Find(name)!;

        var values = definition.Resolve(definition.Defaults().All.Select(pair => KeyValuePair.Create(pair.Key, (object?)pair.Value)), out var violations);

        violations.ShouldBeEmpty();
        values.All.ShouldBe(definition.Options.ToDictionary(option => option.Name, option => option.Default), ignoreOrder: true);
    }

    [Fact]
    public void Resolve_SeveralValuesThatBreakRules_NamesEach()
    {
        var given = new Dictionary<string, object?>
        {
            ["eta"] = 1.5,
            ["spacing"] = "random",
            ["clip_denoised"] = "yes",
            ["sigma"] = 1.0,
        };

        var values = SamplerCatalog.Find("ddim")!.Resolve(given, out var violations);

        violations.ShouldBe(
            [
                new("sampler_options.eta", "must be a number from 0 to 1"),
                new("sampler_options.spacing", "must be one of trailing, leading, linspace, quadratic"),
                new("sampler_options.clip_denoised", "must be true or false"),
                new("sampler_options.sigma", "is not an option of ddim; it has eta, clip_denoised, dynamic_thresholding, spacing"),
            ],
            ignoreOrder: true);
        values.All["eta"].ShouldBe(0.0);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.01)]
    [InlineData(double.PositiveInfinity)]
    [InlineData("0.5")]
    [InlineData(true)]
    [InlineData(null)]
    public void Resolve_EtaThatIsNoNumberInRange_IsRefused(object? eta)
    {
        SamplerCatalog.Find("ddim")!.Resolve([KeyValuePair.Create("eta", eta)], out var violations);

        violations.ShouldHaveSingleItem().Field.ShouldBe("sampler_options.eta");
    }

    [Fact]
    public void CheckSteps_AtTheLimits_IsExact()
    {
        var ddpm = SamplerCatalog.Find("ddpm")!;
        var vpSde = SamplerCatalog.Find("vp-sde")!;

        ddpm.CheckSteps(Schedule, 1, ddpm.Defaults()).ShouldBeNull();
        ddpm.CheckSteps(Schedule, 1000, ddpm.Defaults()).ShouldBeNull();
        ddpm.CheckSteps(Schedule, 1001, ddpm.Defaults()).ShouldBe(new SamplerViolation("steps", "must be within 1 … 1000, not 1001"));
        ddpm.CheckSteps(Schedule, 0, ddpm.Defaults()).ShouldNotBeNull();
        vpSde.CheckSteps(Schedule, 4000, vpSde.Defaults()).ShouldBeNull();
        vpSde.CheckSteps(Schedule, 5000, vpSde.Defaults()).ShouldBe(new SamplerViolation("steps", "must be within 1 … 4000, not 5000"));
        var langevin = vpSde.Resolve([KeyValuePair.Create<string, object?>("corrector", "langevin")], out _);
        vpSde.CheckSteps(Schedule, 21, langevin).ShouldBeNull();
        vpSde.CheckSteps(Schedule, 20, langevin).ShouldBe(new SamplerViolation("steps", "must be within 21 … 4000, not 20"));
    }

    public static TheoryData<string, string, object> OptionsThatMatter => new()
    {
        { "ddpm", "variance", "fixed_large" },
        { "ddpm", "variance", "interpolated" },
        { "ddpm", "dynamic_thresholding", 1.0 },
        { "ddpm", "clip_denoised", false },
        { "ddpm", "spacing", "leading" },
        { "ddpm", "spacing", "linspace" },
        { "ddpm", "spacing", "quadratic" },
        { "ddim", "eta", 0.5 },
        { "ddim", "dynamic_thresholding", 1.0 },
        { "ddim", "clip_denoised", false },
        { "ddim", "spacing", "leading" },
        { "ddim", "spacing", "linspace" },
        { "ddim", "spacing", "quadratic" },
        { "vp-sde", "denoise", false },
        { "vp-sde", "end_time", 0.01 },
    };

    [Theory]
    [MemberData(nameof(OptionsThatMatter))]
    public async Task Create_OneOptionSet_IsTheSamplerOfThatOption(string name, string option, object value)
    {
        var definition = SamplerCatalog.Find(name)!;
        Sampler<double> expected = (option, value) switch
        {
            ("variance", "fixed_large") => new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Variance = DdpmVariance.FixedLarge }),
            ("variance", _) => new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Variance = DdpmVariance.Interpolated }),
            ("dynamic_thresholding", double ratio) when name == "ddpm" =>
                new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Thresholding = new Thresholding.Dynamic(ratio, double.PositiveInfinity) }),
            ("dynamic_thresholding", double ratio) =>
                new DdimSampler<double>(Schedule, 20, new DdimOptions { Thresholding = new Thresholding.Dynamic(ratio, double.PositiveInfinity) }),
            ("eta", double eta) => new DdimSampler<double>(Schedule, 20, new DdimOptions { Eta = eta }),
            ("denoise", _) => new VpSdeSampler<double>(Schedule, 20, new VpSdeOptions { Denoise = false }),
            ("end_time", double end) => new VpSdeSampler<double>(Schedule, 20, new VpSdeOptions { EndTime = end }),
            ("clip_denoised", _) when name == "ddpm" => new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Thresholding = null }),
            ("clip_denoised", _) => new DdimSampler<double>(Schedule, 20, new DdimOptions { Thresholding = null }),
            (_, string word) when name == "ddpm" =>
                new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Spacing = Enum.Parse<TimestepSpacing>(word, ignoreCase: true) }),
            (_, string word) => new DdimSampler<double>(Schedule, 20, new DdimOptions { Spacing = Enum.Parse<TimestepSpacing>(word, ignoreCase: true) }),
            _ => throw new InvalidOperationException(option),
        };

        var set = definition.Create<double>(Schedule, 20, definition.Resolve([KeyValuePair.Create(option, (object?)value)], out var violations));
        var unset = definition.Create<double>(Schedule, 20, definition.Defaults());

        violations.ShouldBeEmpty();
        var image = await Run(set);
        image.ShouldBe(await Run(expected));
        image.ShouldNotBe(await Run(unset));
    }

    private static async Task<T[]> Run<T>(Sampler<T> sampler)
        where T : struct, IFloatingPointIeee754<T>
    {
        var noise = new RecordedNoise(0);
        var state = sampler.Start(noise.Start<T>());
        while (state.Step < sampler.Steps)
            state = await sampler.StepAsync(state, AnalyticModel.Of<T>(Schedule), noise, TestContext.Current.CancellationToken);
        return state.X;
    }
}
