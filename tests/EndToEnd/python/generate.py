"""Generates the Python client from protos/: generate.py PROTOC WELL_KNOWN_TYPES PROTOS OUT

Debian's grpc_tools holds a protoc from before `optional` in proto3. A newer protoc parses the files, and grpc_tools generates from
what it parsed; with grpcio-tools from PyPI, `python -m grpc_tools.protoc -I protos --python_out=. --grpc_python_out=. FILES` is enough.
"""

import pathlib
import subprocess
import sys

from grpc_tools import protoc


def main(compiler: str, well_known_types: str, protos: str, out: str) -> int:
    files = sorted(str(path.relative_to(protos)) for path in pathlib.Path(protos).rglob("*.proto"))
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    parsed = pathlib.Path(out, "descriptors.bin")
    subprocess.run(
        [compiler, "-I", protos, "-I", well_known_types, "--include_imports", f"--descriptor_set_out={parsed}", *files], check=True)
    return protoc.main(["protoc", f"--descriptor_set_in={parsed}", f"--python_out={out}", f"--grpc_python_out={out}", *files])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
