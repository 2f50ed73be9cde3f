#!/usr/bin/env python3
"""Compiles and runs the application in the file of the first argument, the first lines of the README for Rust.

They become the main function of a program, which is compiled with the dependencies of the example.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CRATES = ("axum", "session_authority_client", "tokio")

PROGRAM = """
use axum::{{Router, http::Method, routing::get}};
use session_authority_client::{{SessionAuthority, guard::{{CurrentSession, RequireSession}}}};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
{code}
    Ok(())
}}
"""


def main() -> None:
    directory = TARGET / "clients" / "rust" / "readme"
    directory.mkdir(parents=True, exist_ok=True)
    source = directory / "main.rs"
    source.write_text(PROGRAM.format(code=pathlib.Path(sys.argv[1]).read_text()))
    command = [
        "cargo",
        "build",
        "--locked",
        "--quiet",
        "--package",
        "session-authority-example",
    ]
    messages = subprocess.run(
        [*command, "--message-format=json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    libraries = {}
    for line in messages.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact":
            library = next((name for name in message["filenames"] if name.endswith(".rlib")), None)
            libraries[message["target"]["name"]] = library
    externs = [f"--extern={name}={libraries[name]}" for name in CRATES]
    dependencies = f"-Ldependency={TARGET / 'debug' / 'deps'}"
    program = directory / "readme"
    subprocess.run(
        ["rustc", "--edition=2024", dependencies, *externs, "-o", program, source],
        check=True,
    )
    os.execv(program, [program])


if __name__ == "__main__":
    main()
