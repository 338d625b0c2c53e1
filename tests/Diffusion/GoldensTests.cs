using Ddpm.Diffusion.Tests.Likelihood;
using Ddpm.Diffusion.Tests.Sampling;
using Ddpm.Diffusion.Tests.Schedules;
using Ddpm.Safetensors;

namespace Ddpm.Diffusion.Tests;

/// <summary>That no recorded file, run or tensor is left out.</summary>
public sealed class GoldensTests
{
    /// <summary>What the tests go through of each file: runs of the manifest, or tensors.</summary>
    private static readonly Dictionary<string, IEnumerable<string>> Replayed = new()
    {
        ["diffusers_ddim"] = Data(DiffusersTrajectoryTests.DdimRuns),
        ["diffusers_ddpm"] = Data(DiffusersTrajectoryTests.DdpmRuns),
        ["diffusers_solvers"] = Data(SolverTrajectoryTests.Runs),
        ["score_sde"] = [.. Data(ScoreSdeTrajectoryTests.Runs), .. Data(PfOdeSamplerTests.Runs), .. OdeLikelihoodTests.Runs],
        ["schedules"] = [.. Data(ScheduleGoldensTests.Names), .. ScheduleGoldensTests.Given],
    };

    // The mixture that every run's network is of, and the noise that all were recorded with.
    private static readonly string[] Given = ["analytic", "noise"];

    [Fact]
    public void Files_AllThatThereAre_AreReplayedOrReplayedWith() =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "goldens"), "*.safetensors").Select(Path.GetFileNameWithoutExtension)
            .ShouldBe(Replayed.Keys.Concat(Given), ignoreOrder: true);

    [Theory]
    [InlineData("diffusers_ddim", 47)]
    [InlineData("diffusers_ddpm", 19)]
    [InlineData("diffusers_solvers", 77)]
    [InlineData("score_sde", 24)]
    public void Runs_AllThatWereRecorded_AreReplayed(string file, int count)
    {
        var recorded = Goldens.Runs(file).Select(run => run.Name).ToArray();

        recorded.Length.ShouldBe(count);
        Replayed[file].ShouldBe(recorded, ignoreOrder: true);
        // The manifest that the theories go through has what is in the file, where "nll/…" is what several runs share.
        Open(file).Entries.Keys.Select(name => name[..name.IndexOf('/')]).Distinct().Except(["nll"]).ShouldBe(recorded, ignoreOrder: true);
    }

    [Fact]
    public void Schedules_AllTensorsThatWereRecorded_AreComparedOrComparedWith()
    {
        var recorded = Open("schedules").Entries.Keys.ToArray();

        recorded.Length.ShouldBe(238);
        Replayed["schedules"].ShouldBe(recorded, ignoreOrder: true);
    }

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "goldens", $"{name}.safetensors"));

    private static IEnumerable<string> Data(TheoryData<string> names) => names.Select(name => name.Data);
}
