using Xunit.Sdk;
using Xunit.v3;

// Each test starts containers that would take the cores from one another's.
[assembly: Parallelization(Mode = ParallelMode.None)]
