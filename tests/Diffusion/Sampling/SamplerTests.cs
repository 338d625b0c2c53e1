using System.Text.Json;
using CsCheck;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>What holds for every sampler of the catalogue.</summary>
public sealed class SamplerTests
{
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions(Timesteps: 50, BetaStart: 0.002, BetaEnd: 0.4));

    public static TheoryData<string> Names => [.. SamplerCatalog.All.Select(definition => definition.Name)];

    /// <summary>Any of a definition's options, at any values.</summary>
    private static Gen<SamplerOptionValues> AnyOptions(SamplerDefinition definition) =>
        Gen.Double.Unit.Array[definition.Options.Count].Select(random => definition.Resolve(
            definition.Options.Zip(random, (option, r) => KeyValuePair.Create(option.Name, (object?)(option switch
            {
                NumberSamplerOption number => number.Minimum + (r * (number.Maximum - number.Minimum)),
                ChoiceSamplerOption choice => choice.Choices[(int)(r * choice.Choices.Count * 0.999)].Value,
                _ => r < 0.5,
            }))),
            out _));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_TrajectoryCutAnywhere_ContinuesBitForBit(string name)
    {
        var definition = SamplerCatalog.Find(name)!;
        await Gen.Select(AnyOptions(definition), Gen.Int[1, 20], Gen.ULong, Gen.Double.Unit).SampleAsync(
            async (options, atLeast, seed, fraction) =>
            {
                var steps = Math.Max(atLeast, definition.LeastSteps(options));
                var cut = (int)(fraction * (steps + 1) * 0.999);
                var whole = await Run(Start(), steps);

                var checkpoint = JsonSerializer.Serialize(await Run(Start(), cut));
                var resumed = await Run(JsonSerializer.Deserialize<SamplerState<float>>(checkpoint)!, steps);

                Bits(resumed.X).ShouldBe(Bits(whole.X));
                Bits(resumed.Denoised!).ShouldBe(Bits(whole.Denoised!));
                resumed.Evaluations.ShouldBe(whole.Evaluations);
                resumed.Step.ShouldBe(steps);

                Sampler<float> Sampler() => definition.Create<float>(Schedule, steps, options);

                SamplerState<float> Start()
                {
                    var noise = new float[AnalyticModel.Elements];
                    new PhiloxNoise(seed, 0).Fill<float>(noise, 0, NoiseUse.Initial);
                    return Sampler().Start(noise);
                }

                async Task<SamplerState<float>> Run(SamplerState<float> state, int until)
                {
                    var sampler = Sampler();
                    var model = sampler.NeedsVariance ? AnalyticModel.WithVariance<float>(Schedule) : AnalyticModel.Of<float>(Schedule);
                    while (state.Step < until)
                        state = await sampler.StepAsync(state, model, new PhiloxNoise(seed, 0), CancellationToken.None);
                    return state;
                }
            },
            iter: 50);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_State_StaysAsItWas(string name)
    {
        var sampler = SamplerCatalog.Find(name)!.Create<double>(Schedule, 10, SamplerCatalog.Find(name)!.Defaults());
        var noise = Enumerable.Range(0, AnalyticModel.Elements).Select(i => i / 10.0).ToArray();
        var start = sampler.Start(noise);
        noise[0] = 99;

        var next = await sampler.StepAsync(start, AnalyticModel.Of<double>(Schedule), new PhiloxNoise(1, 0), TestContext.Current.CancellationToken);

        start.X.ShouldBe([.. Enumerable.Range(0, AnalyticModel.Elements).Select(i => i / 10.0)]);
        (start.Step, start.Denoised, start.Evaluations).ShouldBe((0, null, 0L));
        next.Step.ShouldBe(1);
        next.Evaluations.ShouldBeGreaterThanOrEqualTo(1);
        next.Denoised!.Length.ShouldBe(AnalyticModel.Elements);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NoiseLevels_FromFirstToLastStep_FallToTheCleanImage(string name)
    {
        var definition = SamplerCatalog.Find(name)!;
        Gen.Select(AnyOptions(definition), Gen.Int[2, 40]).Sample((options, atLeast) =>
        {
            var steps = Math.Max(atLeast, definition.LeastSteps(options));
            var sampler = definition.Create<float>(Schedule, steps, options);

            sampler.Steps.ShouldBe(steps);
            for (var step = 1; step <= steps; step++)
            {
                sampler.AlphaBarAt(step).ShouldBeGreaterThan(sampler.AlphaBarAt(step - 1));
                sampler.TimestepAt(step).ShouldBeLessThanOrEqualTo(sampler.TimestepAt(step - 1));
            }

            sampler.AlphaBarAt(steps).ShouldBe(1);
            sampler.TimestepAt(steps).ShouldBe(0);
            sampler.TimestepAt(0).ShouldBeLessThanOrEqualTo(Schedule.Timesteps - 1);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_NetworkOfOneImage_EndsAtThatImage(string name)
    {
        // Data that is one certain image c: ε = (x − √ᾱ c) / √(1−ᾱ), and every sampler must end at c.
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());
        var definition = SamplerCatalog.Find(name)!;
        var sampler = definition.Create<double>(schedule, definition.DefaultSteps, definition.Defaults());
        var isContinuous = name is "vp-sde" or "sub-vp" or "pf-ode";
        double[] image = [-1, -0.5, 0, 0.25, 1];
        var state = sampler.Start([0.3, -1.2, 2.1, 0.01, -0.4]);

        while (state.Step < sampler.Steps)
        {
            var before = state.Step;
            state = await sampler.StepAsync(
                state,
                (x, timestep, _) => ValueTask.FromResult(ForwardProcess.NoiseOfClean<double>(x, image, AlphaBarAt(before, timestep))),
                new PhiloxNoise(5, 0),
                TestContext.Current.CancellationToken);
            state.Denoised!.ShouldBeCloseTo(image, 1e-9, $"x̂_0 after step {state.Step}");
        }

        // In continuous time they end within the noise that is left at the end time.
        state.X.ShouldBeCloseTo(image, isContinuous ? 0.05 : 1e-9, "x_0");

        // The sampler's own noise level: discrete and continuous-time ᾱ differ a little at the same label.
        double AlphaBarAt(int step, double timestep) => timestep == sampler.TimestepAt(step) ? sampler.AlphaBarAt(step)
            : isContinuous ? AnalyticModel.VpAlphaBar(timestep) : schedule.AlphaBar(timestep);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_NoiseNotFinite_SaysWhere(string name)
    {
        var sampler = SamplerCatalog.Find(name)!.Create<float>(Schedule, 5, SamplerCatalog.Find(name)!.Defaults());
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            var state = sampler.Start(new float[4]) with { Step = 2 };

            var error = await Should.ThrowAsync<SamplerDivergedException>(async () =>
                await sampler.StepAsync(
                    state,
                    (_, _, _) => ValueTask.FromResult(new[] { 0, 0, bad, 0 }),
                    new PhiloxNoise(0, 0),
                    TestContext.Current.CancellationToken));

            error.Step.ShouldBe(2);
            error.Timestep.ShouldBe(sampler.TimestepAt(2));
            error.Message.ShouldContain("at step 2");
            error.Message.ShouldContain("element 2");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_WhatCannotBe_IsRefused(string name)
    {
        var sampler = SamplerCatalog.Find(name)!.Create<float>(Schedule, 5, SamplerCatalog.Find(name)!.Defaults());
        var noise = new PhiloxNoise(0, 0);
        EpsilonModel<float> tooLong = (x, _, _) => ValueTask.FromResult(new float[x.Length + 1]);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        (await Should.ThrowAsync<ArgumentException>(async () =>
            await sampler.StepAsync(sampler.Start(new float[4]) with { Step = 5 }, tooLong, noise, CancellationToken.None)))
            .Message.ShouldContain("0 … 4");
        (await Should.ThrowAsync<InvalidOperationException>(async () =>
            await sampler.StepAsync(sampler.Start(new float[4]), tooLong, noise, CancellationToken.None)))
            .Message.ShouldContain("5 elements, the image 4");
        await Should.ThrowAsync<OperationCanceledException>(async () =>
            await sampler.StepAsync(sampler.Start(new float[4]), tooLong, noise, cancelled.Token));
    }

    private static uint[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToUInt32Bits)];
}
