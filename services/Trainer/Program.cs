using Ddpm.Hosting;
using Ddpm.Trainer;

return await ServiceHost.RunAsync(
    args,
    "trainer",
    new ListenOptions { Grpc = new Uri("http://127.0.0.1:5083") },
    builder => builder.AddTrainer(),
    app => app.MapTrainer());
