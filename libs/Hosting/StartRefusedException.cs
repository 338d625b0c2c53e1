namespace Ddpm.Hosting;

/// <summary>A service refuses to start; the message says what is wrong and what would be right.</summary>
public sealed class StartRefusedException(string message) : Exception(message);
