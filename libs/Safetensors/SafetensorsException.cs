namespace Ddpm.Safetensors;

/// <summary>A safetensors file breaks a rule of the format, or does not hold what was asked of it.</summary>
public sealed class SafetensorsException : IOException
{
    internal SafetensorsException(string file, string? tensor, SafetensorsRule rule, string problem)
        : base(tensor is null ? $"{file}: {problem} [{rule}]" : $"{file}: tensor '{tensor}': {problem} [{rule}]")
    {
        File = file;
        Tensor = tensor;
        Rule = rule;
    }

    /// <summary>Path of the file.</summary>
    public string File { get; }

    /// <summary>Name of the tensor; null when the whole file is meant.</summary>
    public string? Tensor { get; }

    /// <summary>The rule that was broken.</summary>
    public SafetensorsRule Rule { get; }
}
