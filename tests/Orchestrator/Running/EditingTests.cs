using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>Jobs that begin at a picture, or between two noises, or keep known pixels.</summary>
public sealed class EditingTests : IDisposable
{
    private static readonly float[] Picture = [.. Enumerable.Range(0, 24).Select(i => 0.5f * MathF.Sin(i))];

    private static readonly float[] LeftHalf = [.. Enumerable.Range(0, 24).Select(i => i % 6 < 3 ? 1f : 0f)];

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task SubmitJob_EncodedPicture_DecodesToIt()
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Deterministic(steps: 200);
        spec.EncodedImages = new EncodedImages { Image = Pixels(Picture) };

        var job = await cluster.SubmitAsync(spec);
        var ended = await cluster.FinishAsync(job.Id);

        ended.State.ShouldBe(JobState.Succeeded, ended.Error);
        (ended.TotalSteps, ended.StepsDone, ended.Evaluations).ShouldBe((400, 400, 400));
        var pixels = HandRun.Pixels(await cluster.ImageAsync(job.Id, 0));
        pixels.Zip(Picture, (made, value) => Math.Abs(made - ((value + 1) * 127.5))).Max().ShouldBeLessThan(5);
        job.Spec.EncodedImages.Image.Sha256.Length.ShouldBe(64);
        job.Spec.EncodedImages.Image.Pixels.ShouldBeNull();
        var frames = await cluster.FramesAsync(job.Id);
        frames.MaxBy(frame => frame.Timestep)!.Step.ShouldBeInRange(180, 210);
    }

    [Fact]
    public async Task SubmitJob_TwoEncodedPictures_GoFromTheOneToTheOther()
    {
        await using var cluster = await StartAsync(_root.Path);
        float[] other = [.. Picture.Select(value => -value)];
        var spec = Deterministic(steps: 100, count: 3);
        spec.EncodedImages = new EncodedImages { Image = Pixels(Picture), Other = Pixels(other), Steps = 150 };

        var ended = await cluster.FinishAsync((await cluster.SubmitAsync(spec)).Id);

        ended.TotalSteps.ShouldBe(400);
        (await DistanceAsync(0, Picture)).ShouldBeLessThan(6);
        (await DistanceAsync(2, other)).ShouldBeLessThan(6);
        (await DistanceAsync(1, Picture)).ShouldBeGreaterThan(20);

        async Task<double> DistanceAsync(int trajectory, float[] picture) =>
            HandRun.Pixels(await cluster.ImageAsync(ended.Id, trajectory)).Zip(picture, (made, value) => Math.Abs(made - ((value + 1) * 127.5))).Max();
    }

    [Fact]
    public async Task SubmitJob_BetweenSeeds_BeginsAndEndsAtTheImagesOfBoth()
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Deterministic(count: 5);
        spec.BetweenSeeds = new NoiseBetweenSeeds { OtherSeed = 8 };

        var ended = await cluster.FinishAsync((await cluster.SubmitAsync(spec)).Id);

        var images = new List<byte[]>();
        for (var k = 0; k < 5; k++)
            images.Add(HandRun.Pixels(await cluster.ImageAsync(ended.Id, k)));
        images[0].ShouldBe(await AloneAsync(7));
        images[4].ShouldBe(await AloneAsync(8));
        images.Select(Convert.ToHexString).ShouldBeUnique();

        async Task<byte[]> AloneAsync(ulong seed)
        {
            var alone = Deterministic();
            alone.Seed = seed;
            return HandRun.Pixels(await cluster.ImageAsync((await cluster.FinishAsync((await cluster.SubmitAsync(alone)).Id)).Id, 0));
        }
    }

    [Fact]
    public async Task SubmitJob_NoisedImageOfAnotherJob_MakesTheLastStepsAlone()
    {
        await using var cluster = await StartAsync(_root.Path);
        var first = await cluster.FinishAsync((await cluster.SubmitAsync(Spec())).Id);
        var spec = Spec(steps: 10, count: 2);
        spec.NoisedImage = new NoisedImage { Image = new InputImage { JobImage = new JobImage { JobId = first.Id, Trajectory = 1 } }, Strength = 0.4 };

        var ended = await cluster.FinishAsync((await cluster.SubmitAsync(spec)).Id);

        (ended.State, ended.StepsDone, ended.TotalSteps, ended.Evaluations).ShouldBe((JobState.Succeeded, 10, 10, 8));
        (await cluster.FramesAsync(ended.Id))[0].Step.ShouldBe(6);
        spec.NoisedImage.Image.JobImage.Trajectory = 2;
        (await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(spec))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Theory]
    [InlineData(new[] { 4, 6 })]
    [InlineData(new[] { 1, 4, 6 })]
    public async Task SubmitJob_Inpainting_KeepsTheKnownPixels(int[] maskShape)
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Spec(steps: 20, count: 1);
        spec.Inpainting = new Inpainting { Image = Pixels(Picture), Mask = Pixels(LeftHalf, maskShape), Resamplings = 3 };

        var ended = await cluster.FinishAsync((await cluster.SubmitAsync(spec)).Id);

        ended.State.ShouldBe(JobState.Succeeded, ended.Error);
        ended.Evaluations.ShouldBe(60);
        var made = HandRun.Pixels(await cluster.ImageAsync(ended.Id, 0));
        for (var i = 0; i < made.Length; i++)
        {
            if (LeftHalf[i] > 0)
                made[i].ShouldBe((byte)Math.Round((Picture[i] + 1) * 127.5f, MidpointRounding.AwayFromZero), $"pixel {i}");
        }
    }

    [Fact]
    public async Task SubmitJob_GuidanceInterval_GuidesInItAlone()
    {
        await using var cluster = await StartAsync(_root.Path);
        var asked = new List<(double Timestep, float? Scale)>();
        cluster.Denoiser.BeforeRow = (row, _) =>
        {
            lock (asked)
                asked.Add((row.Timestep, row.HasGuidanceScale ? row.GuidanceScale : null));
        };
        var spec = Spec(steps: 10, count: 1);
        (spec.Classes, spec.GuidanceScale) = (new ClassSelection { Labels = { 1 } }, 4);
        spec.GuidanceInterval = new GuidanceInterval { LowestTimestep = 299, HighestTimestep = 700 };

        await cluster.FinishAsync((await cluster.SubmitAsync(spec)).Id);

        asked.Count.ShouldBe(10);
        asked.ShouldAllBe(row => (row.Timestep >= 299 && row.Timestep <= 700) == (row.Scale == 4));
        asked.Count(row => row.Scale is not null).ShouldBe(5);
    }

    /// <summary>The pictures of a job are kept with it: it goes on without whoever sent them, and they go with it.</summary>
    [Fact]
    public async Task Restart_InMidEdit_EndsInTheSameBytesAndLeavesNothingWhenDeleted()
    {
        var spec = Deterministic(steps: 40);
        spec.EncodedImages = new EncodedImages { Image = Pixels(Picture) };
        string jobId;
        await using (var cluster = await StartAsync(_root.Path))
        {
            cluster.Denoiser.BeforeRow = (_, number) =>
            {
                if (number == 30)
                    cluster.Denoiser.Hold();
            };
            jobId = (await cluster.SubmitAsync(spec)).Id;
            while (cluster.Denoiser.Answered < 30)
                await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await using var again = await StartAsync(_root.Path);
        var ended = await again.FinishAsync(jobId);
        var undisturbed = await again.FinishAsync((await again.SubmitAsync(spec)).Id);

        ended.State.ShouldBe(JobState.Succeeded, ended.Error);
        (await again.ImageAsync(jobId, 0)).ShouldBe(await again.ImageAsync(undisturbed.Id, 0));
        Folders(jobId).ShouldNotBeEmpty();
        await again.Client.Orchestrator.DeleteJobAsync(new DeleteJobRequest { JobId = jobId }, cancellationToken: TestContext.Current.CancellationToken);
        Folders(jobId).ShouldBeEmpty();
    }

    [Fact]
    public async Task SubmitJob_SameRequestIdWithAPicture_IsTheSameJobAndKeepsThePictureOnce()
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Deterministic();
        spec.NoisedImage = new NoisedImage { Image = Pixels(Picture), Strength = 0.5 };
        var first = await cluster.SubmitAsync(spec, "mine");

        (await cluster.SubmitAsync(spec, "mine")).Id.ShouldBe(first.Id);
        spec.NoisedImage.Image = Pixels(LeftHalf);
        (await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(spec, "mine"))).StatusCode.ShouldBe(StatusCode.AlreadyExists);

        await cluster.FinishAsync(first.Id);
        Directory.EnumerateDirectories(_root.Path, "inputs", SearchOption.AllDirectories).Count().ShouldBe(1);
    }

    [Fact]
    public async Task SubmitJob_PicturesOfAJobBefore_MakesTheSameAgainAlsoWhenThatIsGone()
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Deterministic();
        spec.Inpainting = new Inpainting { Image = Pixels(Picture), Mask = Pixels(LeftHalf, [4, 6]) };
        var first = await cluster.FinishAsync((await cluster.SubmitAsync(spec)).Id);

        var again = await cluster.SubmitAsync(first.Again());
        again.Spec.ShouldBe(first.Spec);
        await cluster.FinishAsync(again.Id);
        (await cluster.ImageAsync(again.Id, 0)).ShouldBe(await cluster.ImageAsync(first.Id, 0));
        await cluster.Client.Orchestrator.DeleteJobAsync(new DeleteJobRequest { JobId = first.Id }, cancellationToken: TestContext.Current.CancellationToken);

        var picture = await InputAsync(again.Id, again.Spec.Inpainting.Image.Sha256);
        TensorCodec.Decode(picture.Pixels).ShouldBe(Picture);
        HandRun.Pixels(picture.Png.ToByteArray()).Zip(Picture, (made, value) => Math.Abs(made - ((value + 1) * 127.5))).Max().ShouldBeLessThan(1);
        var mask = await InputAsync(again.Id, again.Spec.Inpainting.Mask.Sha256);
        TensorCodec.Decode(mask.Pixels).ShouldBe(LeftHalf);
        mask.Png.IsEmpty.ShouldBeFalse();
        (await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(first.Again()))).StatusCode.ShouldBe(StatusCode.NotFound);
        foreach (var (jobId, hash) in new[] { (first.Id, first.Spec.Inpainting.Image.Sha256), (again.Id, new string('0', 64)), (again.Id, "../" + first.Id), ("", "") })
            (await Should.ThrowAsync<RpcException>(() => InputAsync(jobId, hash))).StatusCode.ShouldBe(StatusCode.NotFound);

        async Task<GetInputImageResponse> InputAsync(string jobId, string sha256) => await cluster.Client.Orchestrator.GetInputImageAsync(
            new GetInputImageRequest { Input = new JobInput { JobId = jobId, Sha256 = sha256 } }, cancellationToken: TestContext.Current.CancellationToken);
    }

    public static TheoryData<string, Action<JobSpec>, string> BadEdits => new()
    {
        { "no picture", s => s.NoisedImage = new NoisedImage { Strength = 0.5 }, "spec.noised_image.image" },
        { "no strength", s => s.NoisedImage = new NoisedImage { Image = Pixels(Picture) }, "spec.noised_image.strength" },
        { "strength NaN", s => s.NoisedImage = new NoisedImage { Image = Pixels(Picture), Strength = double.NaN }, "spec.noised_image.strength" },
        { "neither pixels nor job", s => s.NoisedImage = new NoisedImage { Image = new InputImage(), Strength = 1 }, "spec.noised_image.image" },
        { "a hash", s => s.NoisedImage = new NoisedImage { Image = new InputImage { Sha256 = new string('0', 64) }, Strength = 1 }, "spec.noised_image.image" },
        { "another shape", s => s.NoisedImage = new NoisedImage { Image = Pixels(Picture, [1, 6, 4]), Strength = 1 }, "spec.noised_image.image" },
        { "0 … 255", s => s.NoisedImage = new NoisedImage { Image = Pixels([.. Picture.Select(v => v + 200)]), Strength = 1 }, "spec.noised_image.image.pixels" },
        { "NaN", s => s.NoisedImage = new NoisedImage { Image = Pixels([.. Picture.Select(_ => float.NaN)]), Strength = 1 }, "spec.noised_image.image.pixels" },
        { "bytes missing", s => s.NoisedImage = new NoisedImage { Image = new InputImage { Pixels = new Tensor { Shape = { 1, 4, 6 }, DataType = DataType.F32 } }, Strength = 1 }, "spec.noised_image.image.pixels.data" },
        { "steps of the way to the noise", s => s.EncodedImages = new EncodedImages { Image = Pixels(Picture), Steps = 1001 }, "spec.encoded_images.steps" },
        { "no mask", s => s.Inpainting = new Inpainting { Image = Pixels(Picture) }, "spec.inpainting.mask" },
        { "mask of another shape", s => s.Inpainting = new Inpainting { Image = Pixels(Picture), Mask = Pixels(LeftHalf, [24]) }, "spec.inpainting.mask" },
        { "resamplings", s => s.Inpainting = new Inpainting { Image = Pixels(Picture), Mask = Pixels(LeftHalf), Resamplings = 51 }, "spec.inpainting.resamplings" },
        {
            "encoded and inpainted",
            s => (s.EncodedImages, s.Inpainting) = (new EncodedImages { Image = Pixels(Picture) }, new Inpainting { Image = Pixels(Picture), Mask = Pixels(LeftHalf) }),
            "spec.inpainting"
        },
        { "interval without guidance", s => s.GuidanceInterval = new GuidanceInterval { HighestTimestep = 999 }, "spec.guidance_interval" },
        { "interval upside down", s => Guided(s).GuidanceInterval = new GuidanceInterval { LowestTimestep = 500, HighestTimestep = 400 }, "spec.guidance_interval.highest_timestep" },
        { "interval beyond", s => Guided(s).GuidanceInterval = new GuidanceInterval { LowestTimestep = double.NaN }, "spec.guidance_interval.lowest_timestep" },
    };

    [Fact]
    public async Task SubmitJob_BadEdit_NamesTheFieldAndKeepsNothing()
    {
        await using var cluster = await StartAsync(_root.Path);
        foreach (var (why, change, field) in BadEdits.Select(row => row.Data))
        {
            var spec = Spec();
            change(spec);
            var error = await Should.ThrowAsync<RpcException>(() => cluster.SubmitAsync(spec));
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument, why);
            error.FieldViolations().ShouldHaveSingleItem(why).Field.ShouldBe(field, why);
        }
        Directory.EnumerateDirectories(_root.Path, "inputs", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    private static InputImage Pixels(float[] values, int[]? shape = null) => new() { Pixels = TensorCodec.Encode(values, shape ?? Shape) };

    private static JobSpec Guided(JobSpec spec)
    {
        (spec.Classes, spec.GuidanceScale) = (new ClassSelection { Labels = { 1 } }, 4);
        return spec;
    }

    private IEnumerable<string> Folders(string jobId) => Directory.EnumerateFileSystemEntries(_root.Path, jobId, SearchOption.AllDirectories);
}
