namespace Ddpm.Containers.Tests.Support;

/// <summary>The images that eng/containers.sh built from this checkout and hands over by the variables of docker-compose.yml.</summary>
internal static class Images
{
    /// <summary>The image of a service; skips the test where no containers can be run, saying why.</summary>
    /// <param name="service"><c>denoiser</c>, <c>orchestrator</c>, <c>trainer</c> or <c>gallery</c>.</param>
    public static string OrSkip(string service)
    {
        Assert.SkipWhen(Variable("DDPM_NO_CONTAINERS") is not null, $"No containers: {Variable("DDPM_NO_CONTAINERS")}.");
        Assert.SkipWhen(Variable("DDPM_IMAGES") is null, "No images: ./test.sh and eng/containers.sh build them and run these tests.");
        return $"{Variable("DDPM_IMAGES")}-{service}:{Variable("DDPM_TAG")}";
    }

    /// <summary>Whether <see cref="OrSkip"/> skips nothing.</summary>
    public static bool AreThere => Variable("DDPM_NO_CONTAINERS") is null && Variable("DDPM_IMAGES") is not null;

    /// <summary>What docker-compose.yml takes the images from.</summary>
    public static Dictionary<string, string> Variables { get; } = new[] { "DDPM_IMAGES", "DDPM_TAG", "POSTGRES_IMAGE", "REDIS_IMAGE" }
        .Where(name => Variable(name) is not null).ToDictionary(name => name, name => Variable(name)!);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
