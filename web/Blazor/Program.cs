using Ddpm.Hosting;
using Ddpm.Web;

return await ServiceHost.RunAsync(
    args,
    "gallery",
    new ListenOptions { Web = new Uri("http://127.0.0.1:5080") },
    builder => builder.AddGallery(),
    app => app.MapGallery());
