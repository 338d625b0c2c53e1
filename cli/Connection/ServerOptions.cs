using System.CommandLine;

namespace Ddpm.Cli.Connection;

/// <summary>Which server a command talks to; the same options for every command.</summary>
internal sealed class ServerOptions
{
    public static readonly Uri DefaultAddress = new("http://127.0.0.1:5081");

    private readonly Option<Uri?> _server = new("--server")
    {
        Description = $"gRPC address of the server. Default: $DDPM_SERVER, else {DefaultAddress.OriginalString}; where none answers at the default, "
            + "the command runs the services inside itself.",
        HelpName = "URI",
        Recursive = true,
        CustomParser = result => Parse(result.Tokens[0].Value, "--server", result.AddError),
    };

    private readonly Option<Uri?> _trainer = new("--trainer")
    {
        Description = "gRPC address of the Trainer, which serves models and runs, where it is not the server's, as in a cluster. "
            + "Default: $DDPM_TRAINER, else the server's.",
        HelpName = "URI",
        Recursive = true,
        CustomParser = result => Parse(result.Tokens[0].Value, "--trainer", result.AddError),
    };

    private readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = "Key that the server asks for. Default: $DDPM_API_KEY.",
        HelpName = "KEY",
        Recursive = true,
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "Folder of jobs, images and models when the command runs the services inside itself. Default: $DDPM_DATA, else ./data.",
        HelpName = "DIR",
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_server);
        command.Options.Add(_trainer);
        command.Options.Add(_apiKey);
        command.Options.Add(_data);
    }

    /// <exception cref="CommandException">DDPM_SERVER or DDPM_TRAINER is not an address.</exception>
    public ServerChoice Read(ParseResult parse, Func<string, string?> variable)
    {
        var address = parse.GetValue(_server) ?? FromVariable("DDPM_SERVER", variable);
        return new ServerChoice(
            address ?? DefaultAddress,
            IsExplicit: address is not null,
            parse.GetValue(_trainer) ?? FromVariable("DDPM_TRAINER", variable),
            NotEmpty(parse.GetValue(_apiKey)) ?? NotEmpty(variable("DDPM_API_KEY")),
            Path.GetFullPath(NotEmpty(parse.GetValue(_data)) ?? NotEmpty(variable("DDPM_DATA")) ?? "data"));
    }

    private static Uri? FromVariable(string name, Func<string, string?> variable) => NotEmpty(variable(name)) is { } text
        ? Parse(text, name, message => throw new CommandException(ExitCodes.Usage, message))
        : null;

    private static Uri? Parse(string text, string name, Action<string> addError)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return address;
        addError($"{name} is '{text}' but must be http://host:port or https://host:port.");
        return null;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}

/// <param name="Address">gRPC address.</param>
/// <param name="IsExplicit">Whether the user named it: then nothing else will do.</param>
/// <param name="Trainer">gRPC address of the Trainer; null: the same.</param>
/// <param name="ApiKey">Key to send, or null.</param>
/// <param name="DataRoot">Folder for services inside the process; absolute.</param>
internal sealed record ServerChoice(Uri Address, bool IsExplicit, Uri? Trainer, string? ApiKey, string DataRoot);
