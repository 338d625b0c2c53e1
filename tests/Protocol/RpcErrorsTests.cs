using Google.Rpc;
using Grpc.Core;

namespace Ddpm.Protocol.Tests;

public class RpcErrorsTests
{
    [Fact]
    public void ThrowIfAny_TwoViolations_CarriesBothInGoogleRpcBadRequest()
    {
        var violations = new Violations();
        violations.Add("spec.steps", "must be 1 to 1000, is 0");
        violations.Add("spec.count", "must be 1 to 64, is 65");

        var error = Should.Throw<RpcException>(violations.ThrowIfAny);

        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        // As any other client would read it: from the trailer grpc-status-details-bin.
        var status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
        var badRequest = status.Details.ShouldHaveSingleItem().Unpack<BadRequest>();
        badRequest.FieldViolations.Select(v => (v.Field, v.Description))
            .ShouldBe([("spec.steps", "must be 1 to 1000, is 0"), ("spec.count", "must be 1 to 64, is 65")]);
        error.FieldViolations().ShouldBe(violations.Items);
    }

    [Fact]
    public void ThrowIfAny_NothingNoted_DoesNotThrow() => Should.NotThrow(new Violations().ThrowIfAny);

    [Fact]
    public void Add_BeyondTheLimit_KeepsTheFirst()
    {
        var violations = new Violations();
        for (var i = 0; i < 2 * Violations.Limit; i++)
            violations.Add($"rows[{i}]", "must be finite");
        violations.Items.Count.ShouldBe(Violations.Limit);
        violations.Items[^1].Field.ShouldBe($"rows[{Violations.Limit - 1}]");
    }

    [Fact]
    public void ResourceExhausted_RetryDelay_IsReadBack()
    {
        var error = RpcErrors.ResourceExhausted("The queue is full.", TimeSpan.FromSeconds(2.5));
        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.RetryAfter().ShouldBe(TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public void RetryAfter_PlainError_IsNull() => RpcErrors.NotFound("x").RetryAfter().ShouldBeNull();
}
