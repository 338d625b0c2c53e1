using Ddpm.Protocol;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Tests.Backend;

public class TroubleTests
{
    [Fact]
    public void From_FullQueue_SaysWhenToTryAgain() =>
        Trouble.From(RpcErrors.ResourceExhausted("100 jobs wait", TimeSpan.FromSeconds(12)), "Orchestrator").Advice.ShouldContain("12 s");

    [Fact]
    public void From_NoAnswer_NamesTheService()
    {
        var trouble = Trouble.From(new RpcException(new Status(StatusCode.Unavailable, "connect ECONNREFUSED 127.0.0.1:5081")), "Trainer");

        trouble.Kind.ShouldBe(TroubleKind.Unreachable);
        trouble.Title.ShouldBe("The Trainer does not answer.");
        trouble.Advice.ShouldNotContain("ECONNREFUSED");
    }

    [Fact]
    public void From_Defect_ShowsNoInternals() =>
        Trouble.From(new RpcException(new Status(StatusCode.Unknown, "System.NullReferenceException at …")), "Orchestrator")
            .ToString().ShouldNotContain("NullReference");

    [Fact]
    public void From_Refusal_PassesTheServersWordsOn() =>
        Trouble.From(RpcErrors.FailedPrecondition("The job is running; cancel it first"), "Orchestrator")
            .Advice.ShouldBe("The job is running; cancel it first.");
}
