using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ddpm.Hosting;

/// <summary>Says at every start that <see cref="SecurityOptions.Insecure"/> is set.</summary>
internal sealed partial class InsecureWarning(IOptions<SecurityOptions> security, ILogger<InsecureWarning> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (security.Value.Insecure)
            LogInsecure(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Warning, "Security:Insecure is set: whoever reaches this process may use it, and may read what it sends")]
    private static partial void LogInsecure(ILogger logger);
}
