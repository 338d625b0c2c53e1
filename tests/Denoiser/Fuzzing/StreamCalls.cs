using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Sends requests of an rpc that takes a stream of them, many on each, and judges the answers.</summary>
/// <param name="channel">The server.</param>
/// <param name="rpc">The rpc.</param>
/// <param name="tally">Where to count.</param>
/// <param name="patience">How long a stream may take.</param>
/// <param name="isRough">Whether what is no request is sent among the others, and ends their stream; or else on a stream of its own.</param>
internal sealed class StreamCalls(WireChannel channel, FuzzedRpc rpc, Tally tally, TimeSpan patience, bool isRough)
{
    public async Task RunAsync(IReadOnlyList<FuzzCase> cases)
    {
        var apart = isRough ? [] : cases.Where(request => request.EndsStream).ToList();
        foreach (var request in apart)
            await RunStreamAsync(new Queue<FuzzCase>([request]));
        var waiting = new Queue<FuzzCase>(cases.Except(apart));
        while (waiting.Count > 0)
            await RunStreamAsync(waiting);
    }

    /// <summary>One stream: takes requests from those that wait, and puts back those that are to be asked again.</summary>
    private async Task RunStreamAsync(Queue<FuzzCase> waiting)
    {
        using var leaving = new CancellationTokenSource(patience);
        using var stream = channel.Open(rpc.Path, [Frame.GzipHeader], leaving.Token);
        var reading = ReadAsync(stream.Answer);
        var sent = new List<FuzzCase>();
        while (waiting.TryDequeue(out var request))
        {
            sent.Add(request);
            if (!await stream.WriteAsync(Frame.Of(request.Message, request.Framing)) || request.EndsStream)
                break;
            if (request.Manner == Manner.Leaves)
            {
                await leaving.CancelAsync();
                break;
            }
        }
        stream.Complete();
        var last = sent[^1];
        try
        {
            await JudgeAsync(sent, await reading, waiting);
        }
        catch (OperationCanceledException) when (last.Manner == Manner.Leaves)
        {
            foreach (var request in sent)
                End(request, waiting, Outcomes.Left);
        }
        catch (Exception e)
        {
            tally.Fail(rpc, last, $"the last of {sent.Count} on its stream: {e}");
        }
    }

    private async Task<Ended> ReadAsync(WireAnswer answer)
    {
        var answers = new List<IMessage>();
        while (await answer.NextAsync() is { } message)
            answers.Add(rpc.Answers.ParseFrom(message));
        return new Ended(answers, await answer.StatusAsync());
    }

    private async Task JudgeAsync(List<FuzzCase> sent, Ended ended, Queue<FuzzCase> waiting)
    {
        var last = sent[^1];
        var right = last.EndsStream ? last.MustBe!.Value : StatusCode.OK;
        if (ended.Status.Code != right || !rpc.Statuses.Contains(right))
        {
            tally.Fail(rpc, last, $"the stream of {sent.Count} requests ended with {ended.Status.Code}, must be {right} ({ended.Status.Message})");
            return;
        }
        if (last.EndsStream)
            tally.Count(rpc, right.ToString());

        var requests = last.EndsStream ? sent[..^1] : sent;
        if (rpc.Matching is not { } matching)
        {
            foreach (var request in requests)
                tally.Count(rpc, ended.Status.Code.ToString());
            return;
        }
        var answers = ended.Answers.ToLookup(matching.IdOfAnswer);
        foreach (var group in requests.GroupBy(request => request.Id!.Value))
        {
            var (asked, answered) = (group.Where(request => request.IsAnswered).ToList(), answers[group.Key].ToList());
            for (var i = asked.Count; i < group.Count(); i++)
                tally.Count(rpc, Outcomes.Unanswered);
            if (asked.Count == 0 && answered.Count > 0)
                tally.Fail(rpc, group.First(), "was answered, although it asks for nothing");
            if (asked.Count == 0)
                continue;
            if (answered.Count > asked.Count || (!last.EndsStream && answered.Count < asked.Count))
                tally.Fail(rpc, asked[0], $"{asked.Count} requests of its id were answered {answered.Count} times");
            foreach (var answer in answered.Where(answer => !rpc.AnswerStatuses.Contains(matching.StatusOf(answer))))
                tally.Fail(rpc, asked[0], $"answered with {matching.StatusOf(answer)}, which the contract does not name: {answer}");
            for (var i = 0; i < asked.Count; i++)
            {
                if (i >= answered.Count)
                    End(asked[i], waiting, Outcomes.WithItsStream);
                else if (group.Count() > 1)
                    // Which answer belongs to which of one id cannot be told, nor what a cancellation came to.
                    tally.Count(rpc, $"{matching.StatusOf(answered[i])}, id not its own");
                else
                    await JudgeAsync(asked[i], answered[i], matching, waiting);
            }
        }
    }

    private async Task JudgeAsync(FuzzCase request, IMessage answer, StreamMatching matching, Queue<FuzzCase> waiting)
    {
        var status = matching.StatusOf(answer);
        if (request.MustAnswer is not null && matching.RetryAfter(answer) is { } time)
        {
            await Task.Delay(time, CancellationToken.None);
            AskAgain(request, waiting);
            return;
        }
        matching.SetIdOfAnswer(answer, 0);
        if (request.MustBe is { } right && status != right)
            tally.Fail(rpc, request, $"answered with {status}, must be {right}: {answer}");
        else if (request.MustAnswer is { } expected && !expected.AsSpan().SequenceEqual(answer.ToByteArray()))
            tally.Fail(rpc, request, "answered with other bytes than before");
        else
            tally.Count(rpc, Outcomes.Of(request, status));
    }

    /// <summary>What ended with its stream: a valid one must be answered, and is put back; any other is done with.</summary>
    private void End(FuzzCase request, Queue<FuzzCase> waiting, string outcome)
    {
        if (request.MustAnswer is null || request.Manner == Manner.Leaves)
            tally.Count(rpc, outcome);
        else
            AskAgain(request, waiting);
    }

    private void AskAgain(FuzzCase request, Queue<FuzzCase> waiting)
    {
        tally.AskedAgain();
        waiting.Enqueue(request);
    }

    private sealed record Ended(List<IMessage> Answers, WireStatus Status);
}
