using System.Text.RegularExpressions;
using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.JSInterop;

namespace Ddpm.Web.Training;

/// <summary>The upload of one file as a data set: what is asked for, how far it is, and what was wrong with it.</summary>
/// <remarks><see cref="Changed"/> may come from any thread.</remarks>
public sealed partial class DataSetSending(ClusterClients cluster) : IProgress<UploadProgress>, IDisposable
{
    private const int LongestName = 63;
    private const string NameField = "start.name";
    private const string FileField = "content";

    private readonly Dictionary<string, string> _violations = [];
    private CancellationTokenSource? _sending;

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    /// <summary>Name of the data set that it becomes.</summary>
    public string Name { get; set; } = "";

    /// <summary>The file; null while none is chosen.</summary>
    public IBrowserFile? File { get; private set; }

    public bool IsSending => _sending is not null;

    /// <summary>Bytes that the Trainer has.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Images looked at; 0 until the whole file is there.</summary>
    public int InspectedImages { get; private set; }

    /// <summary>Bytes that the Trainer has of all, 0 … 1.</summary>
    public double Fraction => File is { Size: > 0 } file ? Math.Clamp((double)ReceivedBytes / file.Size, 0, 1) : 0;

    /// <summary>What is wrong with the name; null: nothing that is known.</summary>
    public string? NameViolation => _violations.GetValueOrDefault(NameField);

    /// <summary>What is wrong with the file; null: nothing that is known.</summary>
    public string? FileViolation => _violations.GetValueOrDefault(FileField);

    /// <summary>Why the last upload failed, when neither name nor file explains it.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Takes the file that was picked, and a name from its own.</summary>
    public void Choose(IBrowserFile file)
    {
        (File, Name, Trouble) = (file, NameFor(file.Name), null);
        _violations.Clear();
    }

    /// <summary>Puts the file aside.</summary>
    public void Discard()
    {
        (File, Name, Trouble) = (null, "", null);
        _violations.Clear();
    }

    /// <summary>Uploads the file.</summary>
    /// <returns>The data set; null when it was given up or not taken, for reasons that this shows.</returns>
    public async Task<DataSet?> SendAsync()
    {
        if (IsSending || File is not { } file)
            return null;
        using var sending = _sending = new CancellationTokenSource();
        (Trouble, ReceivedBytes, InspectedImages) = (null, 0, 0);
        _violations.Clear();
        Changed?.Invoke();
        try
        {
            // Blazor's own limit guards pages that keep files in memory; here the Trainer says how much is too much.
            await using var content = file.OpenReadStream(Math.Max(1, file.Size), sending.Token);
            var kept = await cluster.DataSets.UploadDataSetAsync(Name.Trim(), content, this, sending.Token);
            Discard();
            return kept;
        }
        catch (Exception e) when (sending.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            return null;
        }
        catch (RpcException e)
        {
            Take(e);
            return null;
        }
        catch (Exception e) when (e is IOException or JSException or TimeoutException)
        {
            Trouble = new Trouble(TroubleKind.Failed, "The file could not be read.", "Nothing was kept. It may have been moved or changed meanwhile.");
            return null;
        }
        finally
        {
            _sending = null;
            Changed?.Invoke();
        }
    }

    /// <summary>Gives the upload up; nothing is kept.</summary>
    public void Cancel() => _sending?.Cancel();

    public void Dispose() => Cancel();

    void IProgress<UploadProgress>.Report(UploadProgress value)
    {
        (ReceivedBytes, InspectedImages) = (value.ReceivedBytes, value.InspectedImages);
        Changed?.Invoke();
    }

    /// <summary>A data set's name from a file's: <c>My Pets (2).zip</c> becomes <c>my-pets-2</c>.</summary>
    public static string NameFor(string file)
    {
        var name = NotOfAName().Replace(Path.GetFileNameWithoutExtension(file).ToLowerInvariant(), "-").Trim('-');
        return name.Length > LongestName ? name[..LongestName].TrimEnd('-') : name;
    }

    private void Take(RpcException refusal)
    {
        foreach (var (field, rule) in refusal.FieldViolations())
            _violations.TryAdd(field, rule);
        if (refusal.StatusCode == StatusCode.AlreadyExists)
            _violations[NameField] = "is taken by another data set";
        if (NameViolation is null && FileViolation is null)
            Trouble = Trouble.From(refusal, "Trainer");
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotOfAName();
}
