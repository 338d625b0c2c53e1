using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ddpm.Denoiser.Tests;

public sealed class NoiseStreamTests
{
    [Fact]
    public async Task PredictNoiseStream_OfManyRequests_AnswersEachUnderItsId()
    {
        await using var host = await DenoiserHost.StartAsync("Workers=2");
        var version = await host.PublishGoldenAsync();
        var golden = Golden.Instance;
        using var stream = new TestStream(host.Denoiser);

        for (var id = 0; id < 20; id++)
            await stream.SendAsync(id, DenoiserHost.Request(version, golden.Row(id % golden.Rows)));
        await stream.CompleteAsync();
        var answers = await stream.RestAsync();

        answers.Select(answer => answer.Id).Order().ShouldBe(Enumerable.Range(0, 20).Select(id => (ulong)id));
        foreach (var answer in answers)
        {
            Close.LargestDifference(TensorCodec.Decode(answer.Response.PredictedNoise.Single()), golden.Epsilon[(int)answer.Id % golden.Rows])
                .ShouldBeLessThan(1e-5);
        }
    }

    [Fact]
    public async Task PredictNoiseStream_AfterFailedRequests_StaysOpen()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        using var stream = new TestStream(host.Denoiser);
        var wrong = Golden.Instance.Row(0);
        wrong.Timestep = -1;
        var unknown = DenoiserHost.Request(version, Golden.Instance.Row(0));
        unknown.Version = new string('a', 64);

        var invalid = await stream.AskAsync(1, DenoiserHost.Request(version, wrong));
        var missing = await stream.AskAsync(2, unknown);
        var empty = await stream.AskAsync(3, null);
        var good = await stream.AskAsync(4, DenoiserHost.Request(version, Golden.Instance.Row(0)));

        invalid.Error.Code.ShouldBe((int)Code.InvalidArgument);
        invalid.Error.Details.Single().Unpack<BadRequest>().FieldViolations.Single().Field.ShouldBe("rows[0].timestep");
        missing.Error.Code.ShouldBe((int)Code.NotFound);
        empty.Error.Details.Single().Unpack<BadRequest>().FieldViolations.Single().Field.ShouldBe("action");
        good.Response.PredictedNoise.Count.ShouldBe(1);
    }

    [Fact]
    public async Task PredictNoiseStream_OfIdUnderWay_RefusesTheSecondAndAnswersTheFirst()
    {
        var engine = new HeldEngine();
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();
        using var stream = new TestStream(host.Denoiser);

        await stream.SendAsync(7, DenoiserHost.Request(version, Row(1)));
        var second = await stream.AskAsync(7, DenoiserHost.Request(version, Row(2)));
        engine.LetThrough();
        var first = await stream.NextAsync();

        second.Error.Details.Single().Unpack<BadRequest>().FieldViolations.Single().Field.ShouldBe("id");
        TensorCodec.Decode(first.Response.PredictedNoise.Single()).ShouldBe([1, 1]);
    }

    [Fact]
    public async Task PredictNoiseStream_WhenClientLeaves_DropsWhatWaits()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();
        using (var stream = new TestStream(host.Denoiser))
        {
            for (var id = 0; id < 5; id++)
                await stream.SendAsync(id, DenoiserHost.Request(version, Row(id)));
            await QueueHoldsAsync(host, 4);
        }

        await QueueHoldsAsync(host, 0);
        engine.LetThrough();
        await host.PredictAsync(version, Row(99));

        engine.Evaluations.Count.ShouldBe(2);
        engine.Evaluations.Last().ShouldBe([99]);
    }

    [Fact]
    public async Task PredictNoiseStream_OfCancelledRequest_DropsItsRowsAndAnswersCancelled()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();
        using var stream = new TestStream(host.Denoiser);
        for (var id = 0; id < 3; id++)
        {
            await stream.SendAsync(id, DenoiserHost.Request(version, Row(id)));
            await QueueHoldsAsync(host, id);
        }

        await stream.CancelAsync(1);
        await stream.CancelAsync(77);
        var cancelled = await stream.NextAsync();
        engine.LetThrough();
        await stream.CompleteAsync();
        var answered = await stream.RestAsync();

        cancelled.Id.ShouldBe(1ul);
        cancelled.Error.Code.ShouldBe((int)Code.Cancelled);
        answered.Select(answer => answer.Id).Order().ShouldBe([0ul, 2ul]);
        engine.Evaluations.ShouldBe([[0], [2]]);
    }

    [Fact]
    public async Task PredictNoiseStream_OfRequestPastItsTimeout_DropsItsRowsAndIsDeadlineExceeded()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();
        var first = host.PredictAsync(version, Row(0));
        await Eventually.HoldsAsync(() => engine.Evaluations.Count == 1);
        var late = DenoiserHost.Request(version, Row(1));
        late.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50));

        using var stream = new TestStream(host.Denoiser);
        var answer = await stream.AskAsync(1, late);
        engine.LetThrough();
        await first;

        answer.Error.Code.ShouldBe((int)Code.DeadlineExceeded);
        answer.Error.Message.ShouldBe("The answer was not there within the request's timeout of 00:00:00.0500000.");
        engine.Evaluations.ShouldBe([[0]]);
    }

    [Fact]
    public async Task PredictNoiseStream_WithTooManyUnderWay_IsNotReadFurther()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var host = await DenoiserHost.StartAsync(engine, "MaxRequestsPerStream=3");
        var version = await host.PublishGoldenAsync();
        using var stream = new TestStream(host.Denoiser);

        for (var id = 0; id < 10; id++)
            await stream.SendAsync(id, DenoiserHost.Request(version, Row(id)));
        await stream.CompleteAsync();
        await QueueHoldsAsync(host, 2);
        // One more stream's request overtakes those that are not read: had they been read, they would wait before it.
        using var other = new TestStream(host.Denoiser);
        await other.SendAsync(0, DenoiserHost.Request(version, Row(50)));
        await QueueHoldsAsync(host, 3);
        engine.LetThrough();
        var answers = await stream.RestAsync();

        answers.Count.ShouldBe(10);
        engine.Evaluations.Take(4).Select(batch => batch.Single()).Order().ShouldContain(50);
    }

    [Fact]
    public async Task PredictNoise_OfFullQueue_IsResourceExhaustedWithRetryInfo()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var host = await DenoiserHost.StartAsync(engine, "QueueLimit=2");
        var version = await host.PublishGoldenAsync();
        var accepted = host.PredictAsync(version, Row(0), Row(1), Row(2));
        await QueueHoldsAsync(host, 2);

        var failure = await Should.ThrowAsync<RpcException>(() => host.PredictAsync(version, Row(3)));

        failure.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        failure.RetryAfter().ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        engine.LetThrough();
        (await accepted).Length.ShouldBe(3);
    }

    [Fact]
    public async Task PredictNoiseStream_WhenServerStops_AnswersWhatIsUnderWayAndEndsUnavailable()
    {
        var engine = new HeldEngine();
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();
        using var stream = new TestStream(host.Denoiser);
        await stream.SendAsync(1, DenoiserHost.Request(version, Row(5)));
        await Eventually.HoldsAsync(() => !engine.Evaluations.IsEmpty);

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        engine.LetThrough();

        (await stream.NextAsync()).Id.ShouldBe(1ul);
        (await Should.ThrowAsync<RpcException>(() => stream.NextAsync())).StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public async Task PredictNoise_OfFailingEvaluation_IsInternalAndTheNextOneWorks()
    {
        var engine = new HeldEngine { OnEvaluate = () => throw new InvalidOperationException("out of memory") };
        engine.LetThrough();
        await using var host = await DenoiserHost.StartAsync(engine);
        var version = await host.PublishGoldenAsync();

        var failure = await Should.ThrowAsync<RpcException>(() => host.PredictAsync(version, Row(1)));
        engine.OnEvaluate = null;

        failure.StatusCode.ShouldBe(StatusCode.Internal);
        failure.Status.Detail.ShouldNotContain("out of memory");
        (await host.PredictAsync(version, Row(2)))[0].ShouldBe([2, 2]);
    }

    /// <summary>A row for <see cref="HeldEngine"/>.</summary>
    private static NoiseRow Row(double timestep) => new() { X = TensorCodec.Encode(new float[2], [1, 1, 2]), Timestep = timestep };

    private static Task QueueHoldsAsync(DenoiserHost host, int rows) => Eventually.HoldsAsync(
        async () => (await host.InfoAsync()).QueuedRows == rows);
}
