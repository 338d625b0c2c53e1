using Grpc.Core;

namespace Ddpm.Trainer.Runs;

public sealed class PublishingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_WorseThanTheStableVersion_MovesAllAliasesButStable()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var good = await trainer.FinishAsync(TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 300").Replace("\"source\": \"stripes\"", "\"source\": \"stripes\", \"validation_images\": 24"));
        var worse = await trainer.FinishAsync(TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 1").Replace("\"source\": \"stripes\"", "\"source\": \"stripes\", \"validation_images\": 24"));

        good.Publication.Gate.Passed.ShouldBeTrue();
        good.Publication.Aliases.ShouldBe(["candidate", "stable", "latest"]);
        worse.Publication.Gate.Passed.ShouldBeFalse();
        worse.Publication.Gate.StableVersion.ShouldBe(good.PublishedVersion);
        worse.Publication.Gate.StableLoss.ShouldBe(good.Publication.Gate.Loss, 1e-6);
        (worse.Publication.Gate.Loss - worse.Publication.Gate.StableLoss).ShouldBeGreaterThan(2 * worse.Publication.Gate.StandardError);
        var model = await trainer.GetModelAsync("stripes");
        model.Aliases["stable"].ShouldBe(good.PublishedVersion);
        model.Aliases["latest"].ShouldBe(worse.PublishedVersion);
        model.Aliases["candidate"].ShouldBe(worse.PublishedVersion);
        var training = model.Versions.Single(version => version.Version == worse.PublishedVersion).Training;
        training.ValidationLoss.ShouldBe(worse.Publication.Gate.Loss);
        training.TrainingImages.ShouldBe(40);
        training.DataFingerprint.ShouldBe((await trainer.GetDataSetAsync("stripes")).Fingerprint);
    }

    [Fact]
    public async Task Run_AsGoodAsTheStableVersion_MovesStable()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var recipe = TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 300").Replace("\"source\": \"stripes\"", "\"source\": \"stripes\", \"validation_images\": 24");
        await trainer.FinishAsync(recipe);

        var other = await trainer.FinishAsync(recipe.Replace("\"seed\": 3", "\"seed\": 4"));

        other.Publication.Gate.Passed.ShouldBeTrue(other.Publication.Gate.Reason);
        other.Publication.Gate.StandardError.ShouldBeGreaterThan(0);
        (await trainer.GetModelAsync("stripes")).Aliases["stable"].ShouldBe(other.PublishedVersion);
    }

    [Theory]
    [InlineData("\"sample_size\": 8", "\"sample_size\": 16", "image shape")]
    [InlineData("\"beta_end\": 0.2", "\"beta_end\": 0.1", "noise schedule")]
    [InlineData("\"source\": \"stripes\"", "\"source\": \"stripes\", \"validation_images\": 0", "validation_images is 0")]
    public async Task Run_ThatCannotBeCompared_LeavesStableWhereItWas(string what, string instead, string reason)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var first = await trainer.FinishAsync(TinyData.Recipe);
        var other = await trainer.FinishAsync(TinyData.Recipe.Replace(what, instead));

        other.Publication.Gate.Passed.ShouldBeFalse();
        other.Publication.Gate.Reason.ShouldContain(reason);
        (await trainer.GetModelAsync("stripes")).Aliases["stable"].ShouldBe(first.PublishedVersion);
    }

    [Fact]
    public async Task Run_WithoutAGate_LeavesStableAlone()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.FinishAsync(TinyData.Recipe.Replace("\"name\": \"stripes\"", "\"name\": \"stripes\", \"gate\": \"none\""));

        run.Publication.Gate.ShouldBeNull();
        (await trainer.GetModelAsync("stripes")).Aliases.Keys.ShouldBe(["candidate", "latest"], ignoreOrder: true);
    }

    [Fact]
    public async Task Run_WithCandidates_PublishesThemWhileLatestStays()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var before = await trainer.FinishAsync(TinyData.Recipe);
        var run = await trainer.FinishAsync(TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 10").Replace("\"training\"", "\"samples\": { \"every\": 4 }, \"training\""));

        run.Samples.Select(samples => samples.Step).ShouldBe([4, 8, 10]);
        run.Samples.Select(samples => samples.Version).Distinct().Count().ShouldBe(3);
        // No Orchestrator here: the run says so, and ends well all the same.
        run.Samples.ShouldAllBe(samples => samples.JobId.Length == 0 && samples.Error.Contains("Trainer:OrchestratorAddress"));
        run.Samples.ShouldAllBe(samples => samples.ValidationLoss > 0);
        run.Samples[^1].Version.ShouldBe(run.PublishedVersion);
        var model = await trainer.GetModelAsync("stripes");
        model.Versions.Count.ShouldBe(4);
        model.AliasMoves.Where(move => move.Alias == "latest").Select(move => move.Version).ShouldBe([run.PublishedVersion, before.PublishedVersion]);
        model.AliasMoves.Where(move => move.Alias == "candidate").Select(move => move.Version)
            .ShouldBe([.. run.Samples.Reverse().Select(samples => samples.Version), before.PublishedVersion]);
    }

    [Fact]
    public async Task RollBackAlias_AfterTwoMoves_GoesBackOneMoveACall()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var versions = new List<string>();
        foreach (var seed in new[] { 3, 4, 5 })
            versions.Add((await trainer.FinishAsync(TinyData.Recipe.Replace("\"seed\": 3", $"\"seed\": {seed}"))).PublishedVersion);

        (await trainer.RollBackAsync("stripes", "latest")).Aliases["latest"].ShouldBe(versions[1]);
        (await trainer.RollBackAsync("stripes", "latest")).Aliases["latest"].ShouldBe(versions[0]);
        (await Should.ThrowAsync<RpcException>(() => trainer.RollBackAsync("stripes", "latest"))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        (await Should.ThrowAsync<RpcException>(() => trainer.RollBackAsync("stripes", "nightly"))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task DeleteVersion_NamedByAnAlias_IsRefusedUntilNoneDoes()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var old = (await trainer.FinishAsync(TinyData.Recipe)).PublishedVersion;
        var present = (await trainer.FinishAsync(TinyData.Recipe.Replace("\"seed\": 3", "\"seed\": 4"))).PublishedVersion;

        var refused = await Should.ThrowAsync<RpcException>(() => trainer.DeleteVersionAsync("stripes", present));
        await trainer.MoveAliasAsync("stripes", "stable", present);
        await trainer.DeleteVersionAsync("stripes", old);

        refused.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        refused.Status.Detail.ShouldContain("latest");
        (await trainer.GetModelAsync("stripes")).Versions.ShouldHaveSingleItem().Version.ShouldBe(present);
        // What is gone cannot be gone back to.
        (await Should.ThrowAsync<RpcException>(() => trainer.RollBackAsync("stripes", "latest"))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        (await Should.ThrowAsync<RpcException>(() => trainer.DeleteVersionAsync("stripes", old))).StatusCode.ShouldBe(StatusCode.NotFound);
    }
}
