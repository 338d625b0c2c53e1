using CsCheck;

namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class TimestepSelectionTests
{
    [Theory]
    [InlineData(1000, 10, new[] { 999, 789, 604, 444, 308, 197, 111, 49, 12, 0 })]
    // ⌊c i²⌋ alone would be 11, 7, 3, 1, 0, 0.
    [InlineData(12, 6, new[] { 11, 7, 3, 2, 1, 0 })]
    [InlineData(1000, 1, new[] { 0 })]
    public void Select_Quadratic_IsTheSquaresOfThePaper(int timesteps, int steps, int[] expected) =>
        TimestepSelection.Select(TimestepSpacing.Quadratic, timesteps, steps).ShouldBe(expected);

    [Fact]
    public void Sections_PartsOfUnequalSize_AreAllVisited()
    {
        TimestepSelection.Sections(10, [2, 1, 3]).ShouldBe([9, 8, 7, 4, 3, 0]);
        Should.Throw<ArgumentException>(() => TimestepSelection.Sections(10, [2, 4, 3])).Message.ShouldContain("4 steps");
    }

    [Fact]
    public void SelectAboveLowest_EveryNumberOfSteps_IsDistinct()
    {
        Gen.Select(Gen.Enum<TimestepSpacing>(), Gen.Int[2, 300])
            .SelectMany((spacing, timesteps) => Gen.Int[1, timesteps].Select(steps => (spacing, timesteps, steps)))
            .Sample((spacing, timesteps, steps) =>
            {
                var selected = TimestepSelection.SelectAboveLowest(spacing, timesteps, steps);
                selected.Distinct().Count().ShouldBe(steps);
                selected.ShouldBeInOrder(SortDirection.Descending);
                if (spacing is TimestepSpacing.Linspace or TimestepSpacing.Leading && steps < timesteps)
                    selected[^1].ShouldBeGreaterThan(0);
            });
    }

    [Fact]
    public void Select_AnySpacing_IsDistinctFallingAndWithinTheSchedule()
    {
        Gen.Select(Gen.Enum<TimestepSpacing>(), Gen.Int[2, 1000])
            .SelectMany((spacing, timesteps) => Gen.Int[1, timesteps].Select(steps => (spacing, timesteps, steps)))
            .Sample((spacing, timesteps, steps) =>
            {
                var selected = TimestepSelection.Select(spacing, timesteps, steps);

                selected.Length.ShouldBe(steps);
                selected.Zip(selected.Skip(1)).ShouldAllBe(pair => pair.First > pair.Second);
                selected[^1].ShouldBeGreaterThanOrEqualTo(0);
                selected[0].ShouldBeLessThan(timesteps);
                if (steps == timesteps)
                    selected.ShouldBe(Enumerable.Range(0, timesteps).Reverse());
            });
    }

    [Fact]
    public void Select_WhatTheScheduleDoesNotHave_IsRefused()
    {
        Should.Throw<ArgumentException>(() => TimestepSelection.Select(TimestepSpacing.Leading, 1000, 0)).Message.ShouldContain("1 … 1000");
        Should.Throw<ArgumentException>(() => TimestepSelection.Select(TimestepSpacing.Leading, 1000, 1001)).Message.ShouldContain("1001 steps");
        Should.Throw<ArgumentException>(() => TimestepSelection.Select(TimestepSpacing.Leading, 1000, 1000, 1))
            .Message.ShouldContain("1 … 1000; they lie within 0 … 999");
        Should.Throw<ArgumentException>(() => TimestepSelection.Select((TimestepSpacing)9, 1000, 10));
    }
}
