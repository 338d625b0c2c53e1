using Ddpm.Diffusion;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Orchestrator.Sampling;

/// <summary>The catalog of samplers as the contract shows it, and a client's options as the catalog takes them.</summary>
internal static class SamplerContract
{
    public static ListSamplersResponse All() => new() { Samplers = { SamplerCatalog.All.Select(ToContract) } };

    /// <summary>Values by option name as the catalog knows them; a null, list or structure stays what no option accepts.</summary>
    public static IEnumerable<KeyValuePair<string, object?>> Given(Struct? options) =>
        (options ?? new Struct()).Fields.Select(field => KeyValuePair.Create<string, object?>(field.Key, field.Value.KindCase switch
        {
            Value.KindOneofCase.NumberValue => field.Value.NumberValue,
            Value.KindOneofCase.StringValue => field.Value.StringValue,
            Value.KindOneofCase.BoolValue => field.Value.BoolValue,
            _ => null,
        }));

    /// <summary>All options with their values, in the order of their names.</summary>
    public static Struct ToContract(SamplerOptionValues options)
    {
        var contract = new Struct();
        foreach (var (name, value) in options.All)
        {
            contract.Fields[name] = value switch
            {
                double number => Value.ForNumber(number),
                bool flag => Value.ForBool(flag),
                _ => Value.ForString((string)value),
            };
        }
        return contract;
    }

    private static Sampler ToContract(SamplerDefinition definition) => new()
    {
        Name = definition.Name,
        Title = definition.Title,
        Summary = definition.Summary,
        Paper = definition.Paper,
        DefaultSteps = definition.DefaultSteps,
        MaxSteps = definition.MaxSteps,
        Options = { definition.Options.Select(ToContract) },
    };

    private static V1.SamplerOption ToContract(Diffusion.SamplerOption option)
    {
        var contract = new V1.SamplerOption { Name = option.Name, Title = option.Title, Help = option.Help };
        switch (option)
        {
            case NumberSamplerOption number:
                contract.Number = new NumberOption
                {
                    DefaultValue = number.DefaultValue,
                    Minimum = number.Minimum,
                    Maximum = number.Maximum,
                    Step = number.Step,
                };
                break;
            case ChoiceSamplerOption choice:
                contract.Choice = new ChoiceOption
                {
                    DefaultValue = choice.DefaultValue,
                    Choices = { choice.Choices.Select(c => new Choice { Value = c.Value, Title = c.Title, NeedsVariance = c.NeedsVariance }) },
                };
                break;
            case FlagSamplerOption flag:
                contract.Flag = new FlagOption { DefaultValue = flag.DefaultValue };
                break;
        }
        return contract;
    }
}
