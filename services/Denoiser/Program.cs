using Ddpm.Denoiser;
using Ddpm.Hosting;

return await ServiceHost.RunAsync(
    args,
    "denoiser",
    new ListenOptions { Grpc = new Uri("http://127.0.0.1:5082") },
    builder => builder.AddDenoiser(),
    app => app.MapDenoiser());
