using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

public sealed class ContractTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    public static TheoryData<string, Action<JobSpec>, string> BadSpecs => new()
    {
        { "no steps", s => s.Steps = 0, "spec.steps" },
        { "too many steps", s => s.Steps = 5000, "spec.steps" },
        { "more steps than timesteps", s => s.Steps = 1001, "spec.steps" },
        { "too many steps of a continuous sampler", s => (s.Sampler, s.Steps) = ("vp-sde", 5000), "spec.steps" },
        { "unknown sampler", s => s.Sampler = "magic", "spec.sampler" },
        { "no count", s => s.Count = 0, "spec.count" },
        { "too many", s => s.Count = 65, "spec.count" },
        { "class beyond", s => s.Classes = new ClassSelection { Labels = { 0, 2 } }, "spec.classes.labels[1]" },
        { "class below", s => s.Classes = new ClassSelection { Labels = { -1 } }, "spec.classes.labels[0]" },
        { "too many labels", s => s.Classes = new ClassSelection { Labels = { Enumerable.Repeat(0, 5000) } }, "spec.classes.labels" },
        { "eta beyond", s => (s.Sampler, s.SamplerOptions) = ("ddim", Options("eta", Value.ForNumber(1.5))), "spec.sampler_options.eta" },
        { "eta NaN", s => (s.Sampler, s.SamplerOptions) = ("ddim", Options("eta", Value.ForNumber(double.NaN))), "spec.sampler_options.eta" },
        { "eta a word", s => (s.Sampler, s.SamplerOptions) = ("ddim", Options("eta", Value.ForString("0.5"))), "spec.sampler_options.eta" },
        { "eta null", s => (s.Sampler, s.SamplerOptions) = ("ddim", Options("eta", Value.ForNull())), "spec.sampler_options.eta" },
        { "unknown option", s => s.SamplerOptions = Options("zeta", Value.ForNumber(1)), "spec.sampler_options.zeta" },
        { "guidance without a class", s => s.GuidanceScale = 3, "spec.guidance_scale" },
        { "guidance NaN", s => (s.GuidanceScale, s.Classes) = (float.NaN, new ClassSelection { Labels = { 0 } }), "spec.guidance_scale" },
        { "guidance beyond", s => (s.GuidanceScale, s.Classes) = (31, new ClassSelection { Labels = { 0 } }), "spec.guidance_scale" },
        { "not a name", s => s.Model = "../toy", "spec.model" },
        { "not a version", s => s.Version = "La/test", "spec.version" },
    };

    [Fact]
    public async Task SubmitJob_BadSpec_NamesEachFieldWithItsRuleAndWritesNothing()
    {
        await using var cluster = await StartAsync(_root.Path);
        foreach (var (why, change, field) in BadSpecs.Select(row => row.Data))
        {
            var spec = Spec();
            change(spec);
            var error = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(spec));
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument, why);
            error.FieldViolations().ShouldHaveSingleItem(why).Field.ShouldBe(field, why);
        }
        (await ListAsync(cluster)).Jobs.ShouldBeEmpty();
    }

    [Fact]
    public async Task SubmitJob_SeveralFieldsWrong_NamesThemAllAtOnce()
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Spec(steps: 0, count: 0);
        spec.GuidanceScale = 50;
        var error = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(spec));
        error.FieldViolations().Select(v => v.Field).ShouldBe(["spec.steps", "spec.count", "spec.guidance_scale"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("other", "", "toy")]
    [InlineData("toy", "stable", "latest")]
    public async Task SubmitJob_UnknownModelOrAlias_IsNotFoundAndSaysWhatThereIs(string model, string version, string there)
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Spec();
        (spec.Model, spec.Version) = (model, version);
        var error = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(spec));
        error.StatusCode.ShouldBe(StatusCode.NotFound);
        error.Status.Detail.ShouldContain(there);
    }

    [Fact]
    public async Task SubmitJob_SameRequestIdAgain_AnswersTheSameJobAndRefusesAnother()
    {
        await using var cluster = await StartAsync(_root.Path);
        var first = await cluster.SubmitAsync(Spec(), "mine");
        (await cluster.SubmitAsync(Spec(), "mine")).Id.ShouldBe(first.Id);
        var error = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(Spec(steps: 11), "mine"));
        error.StatusCode.ShouldBe(StatusCode.AlreadyExists);
        (await ListAsync(cluster)).TotalCount.ShouldBe(1);
    }

    [Fact]
    public async Task SubmitJob_TooManyUnfinished_IsExhaustedWithADelay()
    {
        await using var cluster = await StartAsync(_root.Path, "--Orchestrator:MaxUnfinishedJobs=2");
        cluster.Denoiser.Hold();
        await cluster.SubmitAsync(Spec());
        await cluster.SubmitAsync(Spec());
        var error = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(Spec()));
        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.RetryAfter().ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task SubmitJob_Accepted_AnswersEverythingResolved()
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Spec(count: 3);
        (spec.Sampler, spec.Classes) = ("ddim", new ClassSelection { Labels = { 1, 0 } });
        spec.SamplerOptions = Options("eta", Value.ForNumber(0.5));

        var job = await cluster.SubmitAsync(spec);

        job.Spec.Version.Length.ShouldBe(64);
        job.Spec.SamplerOptions.Fields["eta"].NumberValue.ShouldBe(0.5);
        job.Spec.SamplerOptions.Fields.Keys.ShouldContain("clip_denoised");
        job.ClassNames.ShouldBe(["dog", "cat", "dog"]);
        job.SampleShape.ShouldBe(Shape);
    }

    [Fact]
    public async Task ListJobs_PagesAndFilters_ShowEachMatchOnce()
    {
        await using var cluster = await StartAsync(_root.Path);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var spec = Spec(steps: 1, count: 1);
            spec.Sampler = i == 2 ? "ddim" : "ddpm";
            ids.Add((await cluster.SubmitAsync(spec)).Id);
            await cluster.FinishAsync(ids[^1]);
        }

        var first = await ListAsync(cluster, new ListJobsRequest { PageSize = 3, Sampler = "ddpm", States = { JobState.Succeeded } });
        var second = await ListAsync(cluster, new ListJobsRequest { PageSize = 3, Sampler = "ddpm", States = { JobState.Succeeded }, PageToken = first.NextPageToken });

        first.TotalCount.ShouldBe(4);
        second.NextPageToken.ShouldBeEmpty();
        first.Jobs.Concat(second.Jobs).Select(j => j.Id).ShouldBe([ids[4], ids[3], ids[1], ids[0]]);
    }

    [Theory]
    [InlineData(-1, "", "page_size")]
    [InlineData(101, "", "page_size")]
    [InlineData(1, "nonsense", "page_token")]
    [InlineData(1, "!", "page_token")]
    public async Task ListJobs_BadPage_NamesTheField(int size, string token, string field)
    {
        await using var cluster = await StartAsync(_root.Path);
        var error = await Should.ThrowAsync<RpcException>(() => ListAsync(cluster, new ListJobsRequest { PageSize = size, PageToken = token }));
        error.FieldViolations().ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Fact]
    public async Task DeleteJob_OnlyAfterItsEnd_TakesEverythingAlong()
    {
        await using var cluster = await StartAsync(_root.Path);
        cluster.Denoiser.Hold();
        var job = await cluster.SubmitAsync(Spec());
        var early = await Should.ThrowAsync<RpcException>(() => DeleteAsync(cluster, job.Id));
        early.StatusCode.ShouldBe(StatusCode.FailedPrecondition);

        cluster.Denoiser.Release();
        await cluster.FinishAsync(job.Id);
        await DeleteAsync(cluster, job.Id);

        (await Should.ThrowAsync<RpcException>(() => cluster.ImageAsync(job.Id, 0))).StatusCode.ShouldBe(StatusCode.NotFound);
        Directory.Exists(Path.Combine(_root.Path, "blobs", "jobs", job.Id)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../jobs")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task GetImage_UnknownJob_IsNotFound(string id)
    {
        await using var cluster = await StartAsync(_root.Path);
        (await Should.ThrowAsync<RpcException>(() => cluster.ImageAsync(id, 0))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task GetFrame_OfAFinishedTrajectory_HasBothPicturesFromPureNoiseToTheEnd()
    {
        await using var cluster = await StartAsync(_root.Path, "--Orchestrator:FramesPerTrajectory=4");
        var job = await cluster.SubmitAsync(Spec(steps: 100));
        await cluster.FinishAsync(job.Id);

        var frames = await cluster.FramesAsync(job.Id, trajectory: 1);
        frames.Select(f => f.Step).ShouldBe([0, 25, 50, 75, 100]);
        frames.Select(f => f.AlphaBar).ShouldBeInOrder();
        var last = await FrameAsync(cluster, job.Id, 1, 100);
        Pixels(last.NoisyPng.ToByteArray()).ShouldBe(Pixels(await cluster.ImageAsync(job.Id, 1)));
        (await FrameAsync(cluster, job.Id, 1, 0)).DenoisedPng.IsEmpty.ShouldBeTrue();
        var missing = await Should.ThrowAsync<RpcException>(() => FrameAsync(cluster, job.Id, 1, 13));
        missing.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task ListSamplers_Answers_TheCataloguesWithOptionsThatSubmitAccepts()
    {
        await using var cluster = await StartAsync(_root.Path);
        var samplers = (await cluster.Client.Orchestrator.ListSamplersAsync(
            new ListSamplersRequest(), cancellationToken: TestContext.Current.CancellationToken)).Samplers;
        samplers.Select(s => s.Name).ShouldBe(Diffusion.SamplerCatalog.All.Select(definition => definition.Name));
        foreach (var sampler in samplers)
        {
            // The fewest that all of them take with these options.
            var spec = Spec(steps: 21, count: 1);
            spec.Sampler = sampler.Name;
            foreach (var option in sampler.Options)
            {
                option.Help.ShouldNotBeEmpty();
                spec.SamplerOptions.Fields[option.Name] = option.KindCase switch
                {
                    SamplerOption.KindOneofCase.Number => Value.ForNumber(option.Number.Maximum),
                    SamplerOption.KindOneofCase.Choice => Value.ForString(option.Choice.Choices.Last(choice => !choice.NeedsVariance).Value),
                    _ => Value.ForBool(!option.Flag.DefaultValue),
                };
            }
            (await cluster.SubmitAsync(spec)).Spec.SamplerOptions.ShouldBe(spec.SamplerOptions);
        }
    }

    private static byte[] Pixels(byte[] png)
    {
        using var bitmap = SkiaSharp.SKBitmap.Decode(png);
        return bitmap.Bytes;
    }

    private static async Task<ListJobsResponse> ListAsync(OrchestratorUnderTest cluster, ListJobsRequest? request = null) =>
        await cluster.Client.Orchestrator.ListJobsAsync(request ?? new ListJobsRequest());

    private static async Task DeleteAsync(OrchestratorUnderTest cluster, string id) =>
        await cluster.Client.Orchestrator.DeleteJobAsync(new DeleteJobRequest { JobId = id });

    private static async Task<GetFrameResponse> FrameAsync(OrchestratorUnderTest cluster, string id, int trajectory, int step) =>
        await cluster.Client.Orchestrator.GetFrameAsync(new GetFrameRequest { JobId = id, Trajectory = trajectory, Step = step });

    private static Struct Options(string name, Value value) => new() { Fields = { [name] = value } };
}
