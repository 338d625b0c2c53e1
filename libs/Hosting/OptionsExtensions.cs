using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<T>, AnnotationValidation<T>>());
        return services.AddOptions<T>()
            .BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
    }

    /// <summary>Like the framework's validation by annotations, but its failures are the annotations' own sentences and nothing else.</summary>
    private sealed class AnnotationValidation<T> : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var failures = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(failures.Select(failure => failure.ErrorMessage!));
        }
    }
}
