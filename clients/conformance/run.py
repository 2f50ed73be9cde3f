#!/usr/bin/env python3
"""Runs the conformance cases against the client of each language and prints the matrix of cases and languages.

Needs python3 with venv. The packages in requirements.txt are installed to target/clients/conformance.
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / "target" / "clients" / "conformance"


def ensure_venv(program: str) -> None:
    """Runs the program again in its own virtual environment, which is created if it is missing or outdated.

    In it, the harness can be imported, and the messages of the contract.
    """
    wanted = (HERE / "requirements.txt").read_text()
    marker = VENV / "wanted"
    if not marker.exists() or marker.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [VENV / "bin" / "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--requirement", HERE / "requirements.txt"], check=True)
        marker.write_text(wanted)
    if pathlib.Path(sys.prefix).resolve() != VENV.resolve():
        python = VENV / "bin" / "python"
        os.execv(python, [python, program, *sys.argv[1:]])
    sys.path.insert(0, str(HERE))
    sys.path.insert(0, str(ROOT / "clients" / "python" / "src"))


if __name__ == "__main__":
    ensure_venv(__file__)
    from harness import main

    sys.exit(main.main(ROOT))
