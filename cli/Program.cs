using Ddpm.Cli;

using var surroundings = Surroundings.OfProcess();
return await CommandLine.RunAsync(args, surroundings);
