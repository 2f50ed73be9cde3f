"""The command line of the runner."""

from __future__ import annotations

import argparse
import fnmatch
import json
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time
from typing import Any

from .adapter import Adapter, AdapterError
from .case import CaseFailure, CaseRun
from .environment import Environments
from .languages import LANGUAGES, argument_parser, check
from .server import supports_client_certificates


def main(root: pathlib.Path) -> int:
    """Runs the cases and returns the exit code: 0 if every case passed in every language."""
    options = parse_options(root)
    cases = json.loads((root / "clients" / "conformance" / "cases.json").read_text())["cases"]
    cases = [case for case in cases if fnmatch.fnmatch(case["name"], options.case)]
    if not cases:
        print(f"no case matches {options.case}")
        return 2
    if not supports_client_certificates(options.server):
        print("this server does not identify callers by client certificates: the mtls cases cannot run")
        cases = [case for case in cases if case.get("server") != "mtls"]
    adapters, failed = build(root, options)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="session-authority-conformance-"))
    environments = Environments(options.server, directory)
    results: dict[str, dict[str, str]] = {}
    try:
        for name, command in adapters.items():
            results[name] = run_adapter(name, command, cases, environments)
    finally:
        environments.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print_matrix(cases, results, failed)
    passed = all(result == "pass" for column in results.values() for result in column.values())
    return 0 if passed and not failed else 1


def parse_options(root: pathlib.Path) -> argparse.Namespace:
    parser = argument_parser(root, "Run the conformance cases of the client libraries.")
    parser.add_argument("--case", default="*", help="pattern of the names of cases, such as 'retry.*'")
    parser.add_argument("--adapter", help="command of an adapter to test instead of the languages")
    options = parser.parse_args()
    check(parser, options)
    return options


def build(root: pathlib.Path, options: argparse.Namespace) -> tuple[dict[str, list[str]], list[str]]:
    """Returns the commands of the adapters by name, and the languages that could not be built."""
    if options.adapter:
        return {"adapter": shlex.split(options.adapter)}, []
    adapters: dict[str, list[str]] = {}
    failed = []
    for language in options.language or LANGUAGES:
        directory = root / "clients" / language / "conformance"
        program = directory / "build"
        if not program.exists():
            print(f"{language}: {program} does not exist")
            failed.append(language)
            continue
        print(f"{language}: building", flush=True)
        if subprocess.run([program], cwd=root, check=False).returncode != 0:
            failed.append(language)
            continue
        for name, arguments in LANGUAGES[language].items():
            adapters[name] = [str(directory / "adapter"), *arguments]
    return adapters, failed


def run_adapter(
    name: str, command: list[str], cases: list[dict[str, Any]], environments: Environments
) -> dict[str, str]:
    """Returns the result of each case: `pass`, `FAIL` or `ERROR`."""
    results = {}
    adapter = Adapter(command)
    started = time.monotonic()
    try:
        for case in cases:
            try:
                CaseRun(adapter, environments.get(case.get("server", "serve"))).run(case["steps"])
                results[case["name"]] = "pass"
            except CaseFailure as failure:
                results[case["name"]] = "FAIL"
                print(f"{name}: {case['name']}: {failure}", flush=True)
            except AdapterError as error:
                results[case["name"]] = "ERROR"
                print(f"{name}: {case['name']}: {error}", flush=True)
                adapter.close()
                adapter = Adapter(command)
    finally:
        adapter.close()
    count = sum(result == "pass" for result in results.values())
    print(f"{name}: {count} of {len(cases)} cases pass, in {time.monotonic() - started:.0f} s", flush=True)
    return results


def print_matrix(cases: list[dict[str, Any]], results: dict[str, dict[str, str]], failed: list[str]) -> None:
    columns = [*results, *failed]
    width = max(len(case["name"]) for case in cases)
    print()
    print(" ".join([f"{'case':{width}}", *columns]))
    for case in cases:
        cells = [f"{results[c][case['name']] if c in results else 'ERROR':{len(c)}}" for c in columns]
        print(" ".join([f"{case['name']:{width}}", *cells]))
    for language in failed:
        print(f"{language} could not run")
