namespace Ddpm.Web.Browsing;

/// <summary>The tokens of the pages of a list from the first to the present one: the contract tells only of the next page, never of the one before.</summary>
public sealed class PageTrail
{
    private readonly List<string> _tokens = [""];
    private string _next = "";

    /// <summary>Token of this page; empty for the first.</summary>
    public string Token => _tokens[^1];

    /// <summary>Number of this page, from 1.</summary>
    public int Page => _tokens.Count;

    public bool HasNext => _next.Length > 0;

    public bool HasPrevious => _tokens.Count > 1;

    /// <summary>This page is read: what comes after it.</summary>
    /// <param name="nextToken">Empty when it is the last.</param>
    public void Read(string nextToken) => _next = nextToken;

    public void Next() => _tokens.Add(_next);

    public void Previous() => _tokens.RemoveAt(_tokens.Count - 1);

    public void Restart() => _tokens.RemoveRange(1, _tokens.Count - 1);
}
