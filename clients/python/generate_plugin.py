"""A plugin for buf that generates the Python code of the contract: messages, their types, and the gRPC stubs.

The generated modules import each other by the package of the contract, as `from session.v1 import …`. A top-level
package `session` would collide with any `session.py` of an application, so the imports are rewritten to
`session_authority.v1`. The descriptors keep their names, so code that an application generates from the same contract
can be loaded beside this one.
"""

import os
import pathlib
import re
import sys
import tempfile

from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

PACKAGE = "session_authority.v1"
INIT = '"""The generated code of the contract `session.v1`: messages and gRPC stubs."""\n'


def generate(request: plugin_pb2.CodeGeneratorRequest) -> dict[str, str]:
    """Returns the generated files by their names."""
    files = [name for name in request.file_to_generate if name.startswith("session/v1/")]
    services = [file.name for file in request.proto_file if file.name in files and file.service]
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        descriptors = scratch / "descriptors"
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = scratch / "out"
        out.mkdir()
        arguments = ["", f"--descriptor_set_in={descriptors}"]
        run([*arguments, f"--python_out={out}", f"--pyi_out={out}", *files])
        run([*arguments, f"--grpc_python_out={out}", f"--mypy_grpc_out={out}", *services])
        code = {path.name: rewrite(path.read_text()) for path in sorted(out.rglob("*.py*"))}
        return {"__init__.py": INIT, **code}


def run(arguments: list[str]) -> None:
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed")


def rewrite(text: str) -> str:
    text = re.sub(r"^from session\.v1 import", f"from {PACKAGE} import", text, flags=re.MULTILINE)
    text = re.sub(r"^import session\.v1\.", f"import {PACKAGE}.", text, flags=re.MULTILINE)
    return re.sub(r"\bsession\.v1\.(?=\w+_pb2)", f"{PACKAGE}.", text)


def main() -> None:
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    for name, content in generate(request).items():
        response.file.add(name=name, content=content)
    sys.stdout.buffer.write(response.SerializeToString())


if __name__ == "__main__":
    main()
