using System.Security.Cryptography;
using Ddpm.Imaging;
using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Ddpm.Web.Comparing;

/// <summary>One visit to the Compare page: what the cluster offers, the jobs of the comparison, and how far their images are from the reference.</summary>
/// <remarks>All members are used from one synchronisation context; <see cref="Changed"/> may come from any thread.</remarks>
public sealed class CompareSession(ClusterClients cluster, TimeProvider time) : IAsyncDisposable
{
    private const string ReferenceSampler = "heun";
    private const int ReferenceSteps = 100;
    private const int AtOnce = 4;

    private readonly CancellationTokenSource _leaving = new();
    private CancellationTokenSource? _running;

    public event Action? Changed;

    public CompareForm Form { get; } = new();

    public bool IsLoaded { get; private set; }

    /// <summary>Why nothing can be shown yet.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>The images, by sampler and then by rising steps; empty before the first comparison.</summary>
    public IReadOnlyList<CompareCell> Cells { get; private set; } = [];

    /// <summary>What all are measured against: Heun over many steps of falling length, an error of the second order in them; null where the server has no such sampler.</summary>
    public CompareCell? Reference { get; private set; }

    public bool IsRunning => _running is not null;

    public int Done => All.Count(cell => cell.IsDone);

    public int Total => All.Count();

    private IEnumerable<CompareCell> All => Reference is null ? Cells : Cells.Prepend(Reference);

    /// <summary>Asks what there is to compare.</summary>
    public async Task LoadAsync()
    {
        var service = "Orchestrator";
        try
        {
            var samplers = await cluster.Orchestrator.ListSamplersAsync(new ListSamplersRequest(), cluster.Unary(_leaving.Token));
            service = "Trainer";
            var models = await cluster.Models.ListModelsAsync(new ListModelsRequest(), cluster.Unary(_leaving.Token));
            Form.Offer(models.Models, samplers.Samplers);
            (IsLoaded, Trouble) = (true, null);
        }
        catch (RpcException e) when (!_leaving.IsCancellationRequested)
        {
            Trouble = Trouble.From(e, service);
        }
        catch (Exception e) when (_leaving.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            return;
        }
        Changed?.Invoke();
    }

    /// <summary>Makes all images and measures them; ends when there is nothing more to come.</summary>
    public async Task RunAsync()
    {
        if (IsRunning || Form.Weights is null || Form.SeedViolation is not null)
            return;
        using var running = _running = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
        Reference = Form.Samplers.FirstOrDefault(sampler => sampler.Name == ReferenceSampler) is { } heun
            ? new CompareCell(heun, Form.Build(heun, ReferenceSteps, ("spacing", Value.ForString("karras"))))
            : null;
        Cells = [.. Form.Chosen.SelectMany(sampler => CompareForm.StepCounts.Select(steps => new CompareCell(sampler, Form.Build(sampler, steps))))];
        Changed?.Invoke();
        try
        {
            using var places = new SemaphoreSlim(AtOnce);
            await Task.WhenAll(All.Select(cell => MakeInTurnAsync(cell, places, running.Token)).ToList());
        }
        catch (OperationCanceledException) when (running.IsCancellationRequested)
        {
            // Stopped: what is there stays.
        }
        finally
        {
            _running = null;
            Changed?.Invoke();
        }
    }

    /// <summary>Starts no more jobs; those under way end by themselves.</summary>
    public Task StopAsync() => _running?.CancelAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        Changed = null;
    }

    private async Task MakeInTurnAsync(CompareCell cell, SemaphoreSlim places, CancellationToken stop)
    {
        await places.WaitAsync(stop);
        try
        {
            await MakeAsync(cell, stop);
        }
        catch (RpcException e) when (!stop.IsCancellationRequested)
        {
            cell.Error = e.Status.Detail;
        }
        catch (RpcException) when (stop.IsCancellationRequested)
        {
            stop.ThrowIfCancellationRequested();
        }
        finally
        {
            places.Release();
            Changed?.Invoke();
        }
    }

    private async Task MakeAsync(CompareCell cell, CancellationToken stop)
    {
        // The same comparison again is the same jobs.
        var request = new SubmitJobRequest { Spec = cell.Spec, RequestId = $"compare-{Convert.ToHexStringLower(SHA256.HashData(cell.Spec.ToByteArray()))}" };
        cell.Job = (await cluster.Orchestrator.SubmitJobAsync(request, cluster.Unary(stop))).Job;
        Changed?.Invoke();
        cell.Job = await EndAsync(cell.Job.Id, stop);
        if (cell.Job.State != JobState.Succeeded)
        {
            cell.Error = cell.Job.Error.Length > 0 ? cell.Job.Error : "It was cancelled.";
            return;
        }
        var image = await cluster.Orchestrator.GetImageAsync(new GetImageRequest { JobId = cell.Job.Id }, cluster.Unary(stop));
        cell.Image = Picture.Read(image.Png.ToByteArray(), new ImageShape(cell.Job.SampleShape[0], cell.Job.SampleShape[1], cell.Job.SampleShape[2]));
    }

    private async Task<Job> EndAsync(string jobId, CancellationToken stop)
    {
        await using var follower = new JobFollower(cluster, jobId, time);
        var ended = new TaskCompletionSource<Job>(TaskCreationOptions.RunContinuationsAsynchronously);
        follower.Changed += () =>
        {
            if (follower is { Phase: FollowPhase.Ended, Job: { } job })
                ended.TrySetResult(job);
            else if (follower.Phase == FollowPhase.Missing)
                ended.TrySetException(new RpcException(new Status(StatusCode.NotFound, "The job was deleted.")));
        };
        follower.Start();
        return await ended.Task.WaitAsync(stop);
    }
}
