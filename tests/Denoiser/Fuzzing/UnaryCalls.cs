using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Sends requests of an rpc that takes one, and judges the answers.</summary>
internal sealed class UnaryCalls(WireChannel channel, FuzzedRpc rpc, Tally tally, TimeSpan patience)
{
    public async Task RunAsync(IEnumerable<FuzzCase> cases)
    {
        foreach (var request in cases)
        {
            while (!await IsDoneAsync(request))
                tally.AskedAgain();
        }
    }

    /// <returns>False: a full queue refused a request that must be answered, and the time is over that it asked for.</returns>
    private async Task<bool> IsDoneAsync(FuzzCase request)
    {
        using var leaving = new CancellationTokenSource(patience);
        using var answer = channel.Send(rpc.Path, Frame.Of(request.Message, request.Framing), Headers(request), leaving.Token);
        if (request.Manner == Manner.Leaves)
            leaving.CancelAfter(TimeSpan.FromMilliseconds(request.Index % 4));
        try
        {
            var messages = new List<byte[]>();
            while (await answer.NextAsync() is { } message)
                messages.Add(message);
            var status = await answer.StatusAsync();
            if (request.MustAnswer is not null && status.RetryAfter is { } time)
            {
                await Task.Delay(time, CancellationToken.None);
                return false;
            }
            if (Wrong(request, status.Code, messages) is { } why)
                tally.Fail(rpc, request, $"{why} ({status.Message})");
            else
                tally.Count(rpc, Outcomes.Of(request, status.Code));
        }
        catch (OperationCanceledException) when (request.Manner == Manner.Leaves)
        {
            tally.Count(rpc, Outcomes.Left);
        }
        catch (Exception e)
        {
            tally.Fail(rpc, request, e.ToString());
        }
        return true;
    }

    private string? Wrong(FuzzCase request, StatusCode status, List<byte[]> messages)
    {
        if (request.Manner == Manner.Hurries && status == StatusCode.DeadlineExceeded)
            return null;
        if (request.MustBe is { } right && status != right)
            return $"answered with {status}, must be {right}";
        if (!rpc.Statuses.Contains(status))
            return $"answered with {status}, which the contract does not name";
        if (status == StatusCode.OK && messages.Count != 1)
            return $"answered with {messages.Count} messages";
        if (request.MustAnswer is { } answer && !answer.AsSpan().SequenceEqual(messages[0]))
            return "answered with other bytes than before";
        foreach (var message in messages)
            rpc.Answers.ParseFrom(message);
        return null;
    }

    private static IEnumerable<(string Name, string Value)> Headers(FuzzCase request)
    {
        if (request.Framing is Framing.Gzip or Framing.DamagedGzip or Framing.Bomb)
            yield return Frame.GzipHeader;
        if (request.Manner == Manner.Hurries)
            yield return ("grpc-timeout", (request.Index % 3) switch { 0 => "1n", 1 => "300u", _ => "3m" });
    }
}
