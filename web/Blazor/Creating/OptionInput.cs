using System.Globalization;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Web.Creating;

/// <summary>One sampler option and the value that it has in the form.</summary>
public sealed class OptionInput
{
    public OptionInput(SamplerOption definition)
    {
        Definition = definition;
        Number = definition.Number?.DefaultValue ?? 0;
        Choice = definition.Choice?.DefaultValue ?? "";
        Flag = definition.Flag?.DefaultValue ?? false;
    }

    public SamplerOption Definition { get; }

    /// <summary>Its value when it is a number; null while the field is empty.</summary>
    public double? Number { get; set; }

    /// <summary>Its value when it is a choice.</summary>
    public string Choice { get; set; }

    /// <summary>Its value when it is a flag.</summary>
    public bool Flag { get; set; }

    /// <summary>As the contract carries it; null for an empty field, which leaves the default.</summary>
    public Value? ToValue() => Definition.KindCase switch
    {
        SamplerOption.KindOneofCase.Number => Number is { } number ? Value.ForNumber(number) : null,
        SamplerOption.KindOneofCase.Choice => Value.ForString(Choice),
        SamplerOption.KindOneofCase.Flag => Value.ForBool(Flag),
        _ => null,
    };

    /// <summary>Takes the value from a link; what is not of the option's kind is left out.</summary>
    public void Read(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            Number = number;
        if (Definition.Choice?.Choices.Any(choice => choice.Value == text) == true)
            Choice = text;
        if (bool.TryParse(text, out var flag))
            Flag = flag;
    }
}
