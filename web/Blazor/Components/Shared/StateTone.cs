namespace Ddpm.Web.Components.Shared;

/// <summary>How a state is coloured.</summary>
public enum StateTone
{
    /// <summary>Over, without good or ill.</summary>
    Quiet,

    /// <summary>Before its turn.</summary>
    Waiting,

    /// <summary>Under way: the dot blinks.</summary>
    Running,

    Good,

    Bad,
}
