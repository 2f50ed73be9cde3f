"""The benchmark of the clients."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile

from .languages import LANGUAGES, argument_parser, check
from .server import Server

# A client must reach this share of the rate of the generated stub.
MINIMUM_SHARE = 0.9


def main(root: pathlib.Path) -> int:
    """Runs the benchmark of each language and returns the exit code: 0 if every client reaches the minimum."""
    parser = argument_parser(root, "Measure Validate per second of each client and of its stub.", profile="release")
    options = parser.parse_args()
    check(parser, options)
    passed = True
    print(
        f"{'Validate per second':22} {'sequential':>10} {'stub':>8} {'share':>6}"
        f" {'64 parallel':>12} {'stub':>8} {'share':>6}"
    )
    with tempfile.TemporaryDirectory(prefix="session-authority-bench-") as directory:
        server = Server(options.server, "dev", pathlib.Path(directory) / "server")
        try:
            for language in options.language or LANGUAGES:
                passed &= measure(root, language, server.target)
        finally:
            server.stop()
    return 0 if passed else 1


def measure(root: pathlib.Path, language: str, target: str) -> bool:
    """Prints the rates of a language. Returns whether its client reaches the minimum."""
    program = root / "clients" / language / "bench" / "run"
    if not program.exists():
        print(f"{language}: {program} does not exist")
        return False
    result = subprocess.run([program, target], cwd=root, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        print(f"{language}: the benchmark failed")
        return False
    passed = True
    for line in result.stdout.splitlines():
        rates = json.loads(line)
        cells = []
        for kind in ("sequential", "parallel64"):
            library, stub = rates[kind]["library"], rates[kind]["stub"]
            share = library / stub
            passed &= share >= MINIMUM_SHARE
            cells += [library, stub, share]
        print(
            f"{rates['language']:22} {cells[0]:10.0f} {cells[1]:8.0f} {cells[2]:6.2f}"
            f" {cells[3]:12.0f} {cells[4]:8.0f} {cells[5]:6.2f}",
            flush=True,
        )
    return passed
