using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ddpm.Hosting;

public static class OptionsExtensions
{
    /// <summary>
    /// Binds options to a section and validates them at the start by their annotations: an unknown key or a bad value stops the
    /// start with its name, the value and the rule.
    /// </summary>
    public static OptionsBuilder<T> AddValidatedOptions<T>(this IServiceCollection services, string section)
        where T : class
        => services.AddOptions<T>()
            .BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();
}
