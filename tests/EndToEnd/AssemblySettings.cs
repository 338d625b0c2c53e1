using Xunit.Sdk;
using Xunit.v3;

// Each test starts whole systems that would take the cores from one another.
[assembly: Parallelization(Mode = ParallelMode.None)]
