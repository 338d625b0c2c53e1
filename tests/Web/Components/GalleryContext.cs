using Bunit;
using Ddpm.V1;
using Ddpm.Web.Creating;
using Ddpm.Web.Tests.Doubles;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor;
using MudBlazor.Services;

namespace Ddpm.Web.Tests.Components;

/// <summary>A browser's visit without a browser: the gallery's pages over an Orchestrator in memory.</summary>
public abstract class GalleryContext : BunitContext, IAsyncLifetime
{
    // Only a failing test waits so long; a passing one may share its processors with others.
    static GalleryContext() => DefaultWaitTimeout = TimeSpan.FromSeconds(15);

    protected GalleryContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddSingleton(Cluster.Of(Orchestrator, Trainer, Models, DataSets));
        Services.AddTransient(_ => new CreateForm(() => 7));
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    /// <summary>Stands still until a test advances it.</summary>
    protected FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    internal InMemoryOrchestrator Orchestrator { get; } = new();

    internal InMemoryTrainer Trainer { get; } = new();

    internal InMemoryModels Models { get; } = new();

    internal InMemoryDataSets DataSets { get; } = new();

    /// <summary>Where the items of menus and lists appear.</summary>
    protected IRenderedComponent<MudPopoverProvider> Popovers { get; private set; } = null!;

    public ValueTask InitializeAsync()
    {
        Popovers = Render<MudPopoverProvider>();
        return ValueTask.CompletedTask;
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts a job where the Orchestrator keeps its own.</summary>
    internal Job Keep(Job job)
    {
        Orchestrator.Jobs.Add(job.Id, job);
        return job;
    }

    protected static string Id(string testId) => $"[data-testid='{testId}']";
}
