using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser.Tests;

public sealed class DenoiserOptionsTests
{
    [Theory]
    [InlineData("Workers=0", "Denoiser:Workers is 0 but must be 1 to 1024.")]
    [InlineData("MaxBatchRows=1", "Denoiser:MaxBatchRows is 1 but must be 2 to 1024.")]
    [InlineData("QueueLimit=-3", "Denoiser:QueueLimit is -3 but must be 1 to 1000000.")]
    [InlineData("MemoryBudgetMb=0", "Denoiser:MemoryBudgetMb is 0 but must be 1 to 1000000.")]
    [InlineData("MaxRequestsPerStream=0", "Denoiser:MaxRequestsPerStream is 0 but must be 1 to 65536.")]
    public async Task Start_WithWrongSetting_IsRefusedWithNameValueAndRule(string setting, string message) =>
        (await Should.ThrowAsync<OptionsValidationException>(() => DenoiserHost.StartAsync(setting))).Message.ShouldContain(message);

    [Theory]
    [InlineData("Mode=quick")]
    [InlineData("Speed=fast")]
    public async Task Start_WithUnknownValueOrKey_IsRefused(string setting) =>
        (await Should.ThrowAsync<InvalidOperationException>(() => DenoiserHost.StartAsync(setting))).ToString().ShouldContain(setting.Split('=')[0]);
}
