"""Submits a job, watches it and fetches its images: client.py GENERATED SERVER MODEL OUT"""

import pathlib
import sys

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
from ddpm.v1 import orchestrator_pb2 as pb  # noqa: E402
from ddpm.v1 import orchestrator_pb2_grpc as rpc  # noqa: E402


def main(server: str, model: str, out: str) -> None:
    with grpc.insecure_channel(server) as channel:
        orchestrator = rpc.OrchestratorServiceStub(channel)
        spec = pb.JobSpec(model=model, sampler="ddim", steps=10, seed=5, count=2)
        spec.sampler_options["eta"] = 0.5

        try:
            orchestrator.SubmitJob(pb.SubmitJobRequest(spec=pb.JobSpec(model=model, sampler="ddim", steps=0, count=1)))
        except grpc.RpcError as refusal:
            assert refusal.code() == grpc.StatusCode.INVALID_ARGUMENT, refusal
            print("refused:", refusal.details())

        job = orchestrator.SubmitJob(pb.SubmitJobRequest(request_id="python-1", spec=spec)).job
        again = orchestrator.SubmitJob(pb.SubmitJobRequest(request_id="python-1", spec=spec)).job
        assert again.id == job.id, "one request id makes one job"

        numbers = []
        for response in orchestrator.WatchJob(pb.WatchJobRequest(job_id=job.id)):
            numbers.append(response.event.number)
            job = response.event.job
        assert numbers == list(range(1, len(numbers) + 1)), numbers
        print(pb.JobState.Name(job.state), job.steps_done, "steps", job.evaluations, "evaluations")

        folder = pathlib.Path(out)
        folder.mkdir(parents=True)
        for trajectory in range(job.spec.count):
            image = orchestrator.GetImage(pb.GetImageRequest(job_id=job.id, trajectory=trajectory))
            (folder / f"{trajectory:03}.png").write_bytes(image.png)


if __name__ == "__main__":
    main(*sys.argv[2:])
