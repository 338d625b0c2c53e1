using Ddpm.V1;

namespace Ddpm.Protocol;

/// <summary>How many steps a job has.</summary>
public static class JobSteps
{
    extension(Job job)
    {
        /// <summary>Steps of each trajectory, where <see cref="Job.StepsDone"/> ends. A job of a server from before edits says those of its specification alone.</summary>
        public int StepsInAll => job.TotalSteps > 0 ? job.TotalSteps : job.Spec.Steps;
    }
}
