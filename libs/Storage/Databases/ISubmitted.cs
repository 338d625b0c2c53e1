namespace Ddpm.Storage.Databases;

/// <summary>A record of what a client has submitted, under an id of ours and perhaps one of the client's own.</summary>
internal interface ISubmitted
{
    string Id { get; }

    string? RequestId { get; }
}
