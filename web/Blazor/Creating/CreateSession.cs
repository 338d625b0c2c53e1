using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Grpc.Core;
using Microsoft.Extensions.Primitives;

namespace Ddpm.Web.Creating;

/// <summary>One visit to the Create page: what the cluster offers, the form, the submission, and the job that came of it.</summary>
public sealed class CreateSession(ClusterClients cluster, CreateForm form, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private (JobSpec Spec, string RequestId)? _unanswered;

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    public CreateForm Form { get; } = form;

    /// <summary>Whether the form can be shown.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>Why the form cannot be shown yet; tried again by itself.</summary>
    public Trouble? LoadTrouble { get; private set; }

    public bool IsSubmitting { get; private set; }

    /// <summary>Why the last submission failed, when no field explains it.</summary>
    public Trouble? SubmitTrouble { get; private set; }

    /// <summary>The job on show; null for none.</summary>
    public JobFollower? Follower { get; private set; }

    /// <summary>Asks what the cluster offers, again and again until it answers, then fills the form from a link.</summary>
    public async Task LoadAsync(IReadOnlyDictionary<string, StringValues> query)
    {
        if (query.TryGetValue(CreateLink.Job, out var shown) && Guid.TryParse(shown, out var jobId))
            await FollowAsync($"{jobId}");
        try
        {
            while (!await TryLoadAsync())
            {
                Changed?.Invoke();
                await Task.Delay(RetryInterval, time, _stopping.Token);
            }
        }
        catch (Exception e) when (_stopping.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            return;
        }
        Form.Read(query);
        if (Form.Start.MaskToFetch is { } mask)
            await FetchMaskAsync(mask);
        Changed?.Invoke();
    }

    private async Task FetchMaskAsync(JobInput mask)
    {
        try
        {
            var fetched = await cluster.Orchestrator.GetInputImageAsync(new GetInputImageRequest { Input = mask }, cluster.Unary(_stopping.Token));
            Form.Start.Mask = PixelMask.Of(fetched.Pixels);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Its job is gone: another can be painted.
        }
    }

    /// <summary>Submits the form and follows the job.</summary>
    /// <returns>The job; null when it was not accepted, for reasons that form and <see cref="SubmitTrouble"/> show.</returns>
    public async Task<Job?> SubmitAsync()
    {
        SubmitTrouble = null;
        if (IsSubmitting || Form.Build() is not { } spec)
            return null;
        IsSubmitting = true;
        Changed?.Invoke();
        try
        {
            // The same again after no answer must not make a second job.
            var requestId = _unanswered is { } before && before.Spec.Equals(spec) ? before.RequestId : $"{Guid.NewGuid()}";
            _unanswered = (spec, requestId);
            var answer = await cluster.Orchestrator.SubmitJobAsync(
                new SubmitJobRequest { RequestId = requestId, Spec = spec }, cluster.Unary(_stopping.Token));
            _unanswered = null;
            await FollowAsync(answer.Job.Id);
            return answer.Job;
        }
        catch (RpcException e) when (!_stopping.IsCancellationRequested)
        {
            if (!Form.TakeViolations(e))
                SubmitTrouble = Trouble.From(e, "Orchestrator");
            return null;
        }
        catch (Exception e) when (_stopping.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            IsSubmitting = false;
            Changed?.Invoke();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (Follower is not null)
            await Follower.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task<bool> TryLoadAsync()
    {
        var service = "Orchestrator";
        try
        {
            var samplers = await cluster.Orchestrator.ListSamplersAsync(new ListSamplersRequest(), cluster.Unary(_stopping.Token));
            service = "Trainer";
            var models = await cluster.Models.ListModelsAsync(new ListModelsRequest(), cluster.Unary(_stopping.Token));
            Form.Offer(models.Models, samplers.Samplers);
            (IsLoaded, LoadTrouble) = (true, null);
            return true;
        }
        catch (RpcException e) when (!_stopping.IsCancellationRequested)
        {
            LoadTrouble = Trouble.From(e, service);
            return false;
        }
    }

    private async Task FollowAsync(string jobId)
    {
        if (Follower is not null)
        {
            Follower.Changed -= OnFollowerChanged;
            await Follower.DisposeAsync();
        }
        Follower = new JobFollower(cluster, jobId, time);
        Follower.Changed += OnFollowerChanged;
        Follower.Start();
    }

    private void OnFollowerChanged() => Changed?.Invoke();
}
