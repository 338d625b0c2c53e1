using System.ComponentModel.DataAnnotations;
using System.Net;
using StackExchange.Redis;

namespace Ddpm.Orchestrator;

/// <summary>Element types of what goes over the wire.</summary>
public enum PayloadType
{
    /// <summary>IEEE 754 binary32: what was computed.</summary>
    F32,

    /// <summary>IEEE 754 binary16: 11 significant bits.</summary>
    F16,

    /// <summary>bfloat16: 8 significant bits.</summary>
    Bf16,
}

/// <summary>Settings of the Orchestrator (section <c>Orchestrator</c>).</summary>
public sealed class OrchestratorOptions : IValidatableObject
{
    public const string Section = "Orchestrator";

    /// <summary>Scheme of the address that stands for the Denoiser of the Orchestrator's own process.</summary>
    public const string Local = "local";

    private const int JobsAtFullPace = 4;

    private static readonly Uri[] NearbyDenoiser = [new("http://127.0.0.1:5082")];

    /// <summary>
    /// Addresses of the Denoisers, which share the rows: http://, https://, the path of a Unix domain socket as unix:/path, or <c>local:</c> for the one of
    /// this process, where it has one. A host name stands for as many Denoisers as it has IP addresses (IPv4 ones where there are any, IPv6 ones
    /// otherwise). Default: <c>http://127.0.0.1:5082</c> alone.
    /// </summary>
    public Uri[] Denoisers { get; set; } = [];

    internal Uri[] DenoiserAddresses => Denoisers.Length == 0 ? NearbyDenoiser : Denoisers;

    internal bool HasLocalDenoiser => DenoiserAddresses.Any(address => address.Scheme == Local);

    /// <summary>
    /// Element type in which x and ε go to a Denoiser and back: <c>f32</c>, <c>f16</c> or <c>bf16</c>. The narrower ones halve the bytes and round, which is
    /// recorded with the image. Default: <c>f32</c>.
    /// </summary>
    public PayloadType Payload { get; set; } = PayloadType.F32;

    /// <summary>How long a step waits for a Denoiser that does not answer before its job fails. Default: 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Orchestrator:DenoiserPatience must be 1 second to 1 day.")]
    public TimeSpan DenoiserPatience { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time between two looks at which Denoisers a host name stands for. Ignored for IP addresses and sockets. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Orchestrator:DenoiserRefresh must be 1 second to 10 minutes.")]
    public TimeSpan DenoiserRefresh { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the connection to a Denoiser may be silent, not even answering a ping, before what is under way there is asked of another one. Half of it
    /// is the time to connect. Default: 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:04", "00:10:00", ErrorMessage = "Orchestrator:DenoiserSilence must be 4 seconds to 10 minutes.")]
    public TimeSpan DenoiserSilence { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most trajectories of one job. Default: 64.</summary>
    [Range(1, 4096, ErrorMessage = "Orchestrator:MaxCount must be 1 to 4096.")]
    public int MaxCount { get; set; } = 64;

    /// <summary>Jobs that may be waiting or running; one more is refused with RESOURCE_EXHAUSTED. Default: 256.</summary>
    [Range(1, 100_000, ErrorMessage = "Orchestrator:MaxUnfinishedJobs must be 1 to 100000.")]
    public int MaxUnfinishedJobs { get; set; } = 256;

    /// <summary>Jobs of each priority that run at once; the others wait in the order of their submission. Default: 16.</summary>
    [Range(1, 1024, ErrorMessage = "Orchestrator:MaxRunningJobs must be 1 to 1024.")]
    public int MaxRunningJobs { get; set; } = 16;

    /// <summary>Frames kept of a trajectory, besides the pure noise it starts from. Default: 32.</summary>
    [Range(1, 1000, ErrorMessage = "Orchestrator:FramesPerTrajectory must be 1 to 1000.")]
    public int FramesPerTrajectory { get; set; } = 32;

    /// <summary>Time between two checkpoints: what a lost process costs at most. Default: 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "Orchestrator:CheckpointInterval must be 0.1 seconds to 1 hour.")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Time between two progress events of a job while up to four run in this process; of more it is longer in proportion, so that together they have no more
    /// events. Default: 0.4 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.02", "00:01:00", ErrorMessage = "Orchestrator:ProgressInterval must be 0.02 seconds to 1 minute.")]
    public TimeSpan ProgressInterval { get; set; } = TimeSpan.FromSeconds(0.4);

    internal TimeSpan ProgressIntervalOf(int runningJobs) => ProgressInterval * Math.Max(1, runningJobs / (double)JobsAtFullPace);

    /// <summary>
    /// Redis server through which replicas find each other, as StackExchange.Redis takes it: <c>host:port,password=…</c>. The replicas share the jobs of
    /// one PostgreSQL database and one blob store. Null: this is the only replica. Default: null.
    /// </summary>
    public string? Redis { get; set; }

    /// <summary>
    /// Name of the cluster: replicas of one name and one <see cref="Redis"/> are one service. Two services that share a Redis server need two names.
    /// Default: <c>ddpm</c>.
    /// </summary>
    [RegularExpression("[A-Za-z0-9._-]{1,100}", ErrorMessage = "Orchestrator:Cluster must be 1 to 100 letters, digits, '.', '_' or '-'.")]
    public string Cluster { get; set; } = "ddpm";

    /// <summary>IP address at which the other replicas reach this one; ignored without <see cref="Redis"/>. Null: the machine's first. Default: null.</summary>
    public string? SiloAddress { get; set; }

    /// <summary>Port on which replicas talk to each other; without <see cref="Redis"/> on loopback alone. 0: a free one. Default: 0.</summary>
    [Range(0, 65535, ErrorMessage = "Orchestrator:SiloPort must be 0 to 65535.")]
    public int SiloPort { get; set; }

    /// <summary>Whether other machines reach the port of the silo.</summary>
    internal bool IsReachedByOthers => Redis is not null && !(IPAddress.TryParse(SiloAddress, out var address) && IPAddress.IsLoopback(address));

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var address in Denoisers.Where(address => !address.IsAbsoluteUri || address.Scheme is not ("http" or "https" or "unix" or Local)))
            yield return new ValidationResult($"{Section}:{nameof(Denoisers)} holds '{address}' but must hold http://host:port, https://host:port, unix:/path or local:.");
        if (SiloAddress is not null && !IPAddress.TryParse(SiloAddress, out _))
            yield return new ValidationResult($"{Section}:{nameof(SiloAddress)} is '{SiloAddress}' but must be an IP address.");
        if (Redis is not null && !IsRedis(Redis))
            yield return new ValidationResult($"{Section}:{nameof(Redis)} must be host:port with options after commas, as in redis:6379,password=….");
    }

    private static bool IsRedis(string text)
    {
        try
        {
            return ConfigurationOptions.Parse(text).EndPoints.Count > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
