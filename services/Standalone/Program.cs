using Ddpm.Hosting;
using Ddpm.Standalone;

return await ServiceHost.RunAsync("standalone", () =>
{
    var host = StandaloneHost.Build(new StandaloneOptions { Arguments = args });
    host.Application.Lifetime.ApplicationStarted.Register(() =>
    {
        Console.WriteLine($"Gallery  {host.GalleryAddress}");
        Console.WriteLine($"gRPC     {host.GrpcAddress}");
    });
    return host.Application;
});
