using Ddpm.Hosting;
using Ddpm.Orchestrator;

return await ServiceHost.RunAsync(
    args,
    "orchestrator",
    new ListenOptions { Grpc = new Uri("http://127.0.0.1:5081") },
    builder => builder.AddOrchestrator(),
    app => app.MapOrchestrator());
