"""Asks for ε of two rows by the Open Inference Protocol: inference_client.py GENERATED SERVER MODEL OUT"""

import array
import math
import pathlib
import sys

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
from inference import open_inference_grpc_pb2 as pb  # noqa: E402
from inference import open_inference_grpc_pb2_grpc as rpc  # noqa: E402


def request(model: str, shape: list, timestep: float) -> pb.ModelInferRequest:
    tensor = pb.ModelInferRequest.InferInputTensor
    x = array.array("f", (i % 17 / 8 - 1 for i in range(math.prod(shape))))
    return pb.ModelInferRequest(
        model_name=model,
        id="python-1",
        inputs=[
            tensor(name="sample", datatype="FP32", shape=shape),
            tensor(name="timestep", datatype="FP32", shape=[1]),
        ],
        raw_input_contents=[x.tobytes(), array.array("f", [timestep]).tobytes()],
    )


def main(server: str, model: str, out: str) -> None:
    with grpc.insecure_channel(server) as channel:
        denoiser = rpc.GRPCInferenceServiceStub(channel)
        assert denoiser.ServerLive(pb.ServerLiveRequest()).live
        assert denoiser.ServerReady(pb.ServerReadyRequest()).ready
        assert denoiser.ModelReady(pb.ModelReadyRequest(name=model)).ready
        assert not denoiser.ModelReady(pb.ModelReadyRequest(name="nobody")).ready

        metadata = denoiser.ModelMetadata(pb.ModelMetadataRequest(name=model))
        shape = [2, *next(tensor.shape for tensor in metadata.inputs if tensor.name == "sample")[1:]]
        response = denoiser.ModelInfer(request(model, shape, 500))
        assert response.id == "python-1" and list(response.outputs[0].shape) == shape, response.outputs
        assert response.model_version == metadata.versions[0], response.model_version
        print("version", response.model_version)
        pathlib.Path(out).write_bytes(response.raw_output_contents[0])

        try:
            denoiser.ModelInfer(request(model, shape, 1000))
        except grpc.RpcError as refusal:
            assert refusal.code() == grpc.StatusCode.INVALID_ARGUMENT, refusal
            print("refused:", refusal.details())


if __name__ == "__main__":
    main(*sys.argv[2:])
