using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Runs;

public sealed class RunLifeTests : IDisposable
{
    private static readonly string Endless = TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 100000000");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task StartRun_TinyRecipe_PublishesAVersionThatLatestNames()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        var started = await trainer.StartRunAsync(TinyData.Recipe);
        var events = await trainer.EventsAsync(started.Id);

        events.Select(happened => happened.Number).ShouldBe(Enumerable.Range(1, events.Count).Select(number => (long)number));
        var run = events[^1].Run;
        run.State.ShouldBe(RunState.Succeeded);
        run.StepsDone.ShouldBe(6);
        run.StepsTotal.ShouldBe(6);
        run.Loss.ShouldBeInRange(0.1, 10);
        var progress = events.Last(happened => happened.HasGradientNorm);
        progress.GradientNorm.ShouldBeGreaterThan(0);
        progress.ImagesPerSecond.ShouldBeGreaterThan(0);
        // The mean over all images is that of the quarters, each by its images.
        progress.QuartileLosses.Sum(quartile => quartile.Loss * quartile.ImageCount).ShouldBe(
            progress.Run.Loss * progress.QuartileLosses.Sum(quartile => quartile.ImageCount), 1e-3);
        var model = await trainer.GetModelAsync("stripes");
        model.Aliases["latest"].ShouldBe(run.PublishedVersion);
        model.Aliases["candidate"].ShouldBe(run.PublishedVersion);
        var version = model.Versions.ShouldHaveSingleItem();
        version.Version.ShouldBe(run.PublishedVersion);
        version.RunId.ShouldBe(run.Id);
        version.SampleShape.ShouldBe([1, 8, 8]);
        version.PredictionType.ShouldBe(PredictionType.Epsilon);
        version.Schedule.Timesteps.ShouldBe(100);
        version.ClassLabels.ShouldBe(["above", "below"]);
        version.SupportsGuidance.ShouldBeTrue();
        version.Card.ShouldContain("# stripes");
        using var checkpoint = Checkpoint.Load(Path.Combine(_folder.Path, "models/stripes/versions", run.PublishedVersion));
        checkpoint.Network.ParameterCount.ShouldBe(version.ParameterCount);
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "runs", run.Id)).Select(path => Path.GetFileName(path)).Order().ShouldBe(["steps.csv", "tensorboard"]);
    }

    [Fact]
    public async Task StartRun_SameRecipeAndSeedTwice_PublishesTheSameWeights()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        var first = await trainer.FinishAsync(TinyData.Recipe);
        var second = await trainer.FinishAsync(TinyData.Recipe);

        second.Id.ShouldNotBe(first.Id);
        second.PublishedVersion.ShouldBe(first.PublishedVersion);
    }

    [Fact]
    public async Task StartRun_WithAParent_BeginsWithItsWeights()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var parent = await trainer.FinishAsync(TinyData.Recipe);
        var still = TinyData.Recipe
            .Replace("\"name\": \"stripes\"", "\"name\": \"still\", \"parent\": \"stripes\"")
            .Replace("\"learning_rate\": 0.002", "\"learning_rate\": 1e-12").Replace("\"seed\": 3", "\"seed\": 4");

        var child = await trainer.FinishAsync(still);

        child.Parent.ShouldBe($"stripes@{parent.PublishedVersion}");
        Weights("still", child).Zip(Weights("stripes", parent)).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThan(1e-6f);
        Weights("still", await trainer.FinishAsync(still.Replace(", \"parent\": \"stripes\"", ""))).ShouldNotBe(Weights("still", child));
    }

    [Theory]
    [InlineData("\"parent\": \"stripes@shipped\"", "")]
    [InlineData("\"parent\": \"spots\"", "")]
    [InlineData("\"parent\": \"../stripes\"", "")]
    [InlineData("\"parent\": \"stripes\"", "\"block_out_channels\": [8, 8]")]
    [InlineData("\"parent\": \"stripes\"", "\"prediction_type\": \"sample\"")]
    public async Task StartRun_ParentThatDoesNotFit_IsRefused(string parent, string change)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await trainer.FinishAsync(TinyData.Recipe);
        var recipe = TinyData.Recipe.Replace("\"name\": \"stripes\"", $"\"name\": \"stripes\", {parent}");
        recipe = change.Contains("block") ? recipe.Replace("\"block_out_channels\": [8, 16]", change)
            : change.Length > 0 ? recipe.Replace("\"beta_schedule\"", $"{change}, \"beta_schedule\"") : recipe;

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.StartRunAsync(recipe));

        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        failure.FieldViolations().ShouldHaveSingleItem().Field.ShouldBe("model.parent");
    }

    [Fact]
    public async Task StartRun_SameRequestId_StartsOneRun()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        var first = await trainer.StartRunAsync(TinyData.Recipe, "once");
        var second = await trainer.StartRunAsync(TinyData.Recipe, "once");

        second.Id.ShouldBe(first.Id);
        (await trainer.ListRunsAsync()).Runs.Count.ShouldBe(1);
        var failure = await Should.ThrowAsync<RpcException>(() => trainer.StartRunAsync(Endless, "once"));
        failure.StatusCode.ShouldBe(StatusCode.AlreadyExists);
    }

    [Theory]
    [InlineData("\"steps\": 6", "\"steps\": 0", "training.steps")]
    [InlineData("\"seed\": 3", "\"sead\": 3", "training.sead")]
    [InlineData("[8, 16]", "[10, 16]", "network.block_out_channels[0]")]
    [InlineData("\"source\": \"stripes\"", "\"source\": \"spots\"", "data.source")]
    [InlineData("\"source\": \"stripes\"", "\"source\": \"../stripes\"", "data.source")]
    [InlineData("\"batch_size\": 8", "\"batch_size\": 65", "training.batch_size")]
    [InlineData("\"out_channels\": 1", "\"out_channels\": 3", "network.out_channels")]
    [InlineData("\"num_class_embeds\": 3, \"null_class_embed\": 2", "\"num_class_embeds\": 2, \"null_class_embed\": 1", "model.class_names")]
    [InlineData("\"source\": \"stripes\"", "\"source\": \"stripes\", \"fit\": \"squeeze\"", "data.fit")]
    [InlineData("\"name\": \"stripes\"", "\"name\": \"Stripes!\"", "model.name")]
    public async Task StartRun_RecipeThatBreaksARule_NamesTheField(string what, string instead, string field)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        var failure = await Should.ThrowAsync<RpcException>(() => trainer.StartRunAsync(TinyData.Recipe.Replace(what, instead)));

        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        failure.FieldViolations().ShouldHaveSingleItem().Field.ShouldBe(field);
        (await trainer.ListRunsAsync()).Runs.ShouldBeEmpty();
    }

    [Fact]
    public async Task StopRun_OneTrainingAndOneWaiting_StopsBothAndPublishesNothing()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var training = await trainer.StartRunAsync(Endless);
        var waiting = await trainer.StartRunAsync(Endless);
        await trainer.UntilAsync(training.Id, run => run.StepsDone > 0);

        var stoppedAtOnce = await trainer.StopRunAsync(waiting.Id);
        await trainer.StopRunAsync(training.Id);

        stoppedAtOnce.State.ShouldBe(RunState.Stopped);
        (await trainer.EventsAsync(training.Id))[^1].Run.State.ShouldBe(RunState.Stopped);
        (await trainer.EventsAsync(waiting.Id))[^1].Run.State.ShouldBe(RunState.Stopped);
        (await trainer.ListModelsAsync()).ShouldNotContain(model => model.Name == "stripes");
    }

    /// <summary>What a lost process leaves is copied while it trains: both runs end as undisturbed ones do.</summary>
    [Fact]
    public async Task Restart_WhileOneTrainsAndOneWaits_EndsInTheSameVersions()
    {
        var lengthy = TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 120");
        Run training, waiting, undisturbed;
        TemporaryFolder left;
        await using (var trainer = await TrainerUnderTest.StartAsync(_folder.Path, "--Trainer:CheckpointInterval=00:00:00"))
        {
            training = await trainer.StartRunAsync(lengthy);
            waiting = await trainer.StartRunAsync(TinyData.Recipe);
            await trainer.UntilAsync(training.Id, run => run.StepsDone > 20);
            left = _folder.Copy();
            undisturbed = (await trainer.EventsAsync(training.Id))[^1].Run;
        }
        using var _ = left;
        await using var restarted = await TrainerUnderTest.StartAsync(left.Path);

        var events = await restarted.EventsAsync(training.Id);
        var finished = (await restarted.EventsAsync(waiting.Id))[^1].Run;

        events[^1].Run.State.ShouldBe(RunState.Succeeded);
        events[^1].Run.PublishedVersion.ShouldBe(undisturbed.PublishedVersion);
        events.Select(happened => happened.Run.StepsDone).ShouldBeInOrder();
        finished.State.ShouldBe(RunState.Succeeded);
    }

    [Fact]
    public async Task Stop_OfTheProcess_LeavesTheRunToTheNext()
    {
        Run training;
        await using (var trainer = await TrainerUnderTest.StartAsync(_folder.Path))
        {
            training = await trainer.StartRunAsync(Endless);
            await trainer.UntilAsync(training.Id, run => run.StepsDone > 0);
        }
        await using var next = await TrainerUnderTest.StartAsync(_folder.Path);
        var before = await next.GetRunAsync(training.Id);

        var later = await next.UntilAsync(training.Id, run => run.LastEvent > before.LastEvent);

        before.State.ShouldBe(RunState.Running);
        later.StepsDone.ShouldBeGreaterThan(before.StepsDone);
        await next.StopRunAsync(training.Id);
        (await next.EventsAsync(training.Id))[^1].Run.State.ShouldBe(RunState.Stopped);
    }

    [Fact]
    public async Task WatchRun_FromALaterEvent_BeginsThere()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.StartRunAsync(TinyData.Recipe);
        var all = await trainer.EventsAsync(run.Id);

        var later = await trainer.EventsAsync(run.Id, from: 2);

        later.ShouldBe(all.Skip(1));
    }

    [Fact]
    public async Task ListRuns_PageByPage_AnswersNewestFirst()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Insert(0, (await trainer.StartRunAsync(TinyData.Recipe)).Id);

        var first = await trainer.ListRunsAsync(pageSize: 2);
        var second = await trainer.ListRunsAsync(2, first.NextPageToken);

        first.Runs.Concat(second.Runs).Select(run => run.Id).ShouldBe(ids);
        second.NextPageToken.ShouldBeEmpty();
        foreach (var id in ids)
            await trainer.EventsAsync(id);
    }

    [Fact]
    public async Task GetRun_UnknownId_IsNotFound()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);

        foreach (var id in new[] { "", "nonsense", Guid.Empty.ToString() })
            (await Should.ThrowAsync<RpcException>(() => trainer.GetRunAsync(id))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task MoveAlias_ToAnEarlierVersion_RollsBack()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var old = (await trainer.FinishAsync(TinyData.Recipe)).PublishedVersion;
        var present = (await trainer.FinishAsync(TinyData.Recipe.Replace("\"seed\": 3", "\"seed\": 4"))).PublishedVersion;
        present.ShouldNotBe(old);

        var moved = await trainer.MoveAliasAsync("stripes", "latest", old);

        moved.Aliases["latest"].ShouldBe(old);
        moved.Versions.Select(version => version.Version).ShouldBe([present, old]);
        foreach (var alias in new[] { "No Alias", "shipped", old[..8] })
        {
            var badAlias = await Should.ThrowAsync<RpcException>(() => trainer.MoveAliasAsync("stripes", alias, old));
            badAlias.FieldViolations().ShouldHaveSingleItem().Field.ShouldBe("alias");
        }
        var unknown = await Should.ThrowAsync<RpcException>(() => trainer.MoveAliasAsync("stripes", "stable", new string('0', 64)));
        unknown.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    private float[] Weights(string model, Run run)
    {
        using var checkpoint = Checkpoint.Load(Path.Combine(_folder.Path, "models", model, "versions", run.PublishedVersion));
        return [.. checkpoint.Network.parameters().SelectMany(parameter => parameter.data<float>().ToArray())];
    }
}
