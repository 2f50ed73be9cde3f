"""The languages that have a client."""

from __future__ import annotations

import argparse
import pathlib
import shutil

# The languages, and the arguments of each adapter that is tested.
LANGUAGES: dict[str, dict[str, list[str]]] = {
    "python": {"python": ["--variant", "sync"], "python-asyncio": ["--variant", "asyncio"]},
    "typescript": {"typescript": []},
    "go": {"go": []},
    "java": {"java": []},
    "rust": {"rust": []},
}

# The commands that building and running a language needs.
TOOLS: dict[str, tuple[str, ...]] = {
    "python": ("python3",),
    "typescript": ("node", "npm"),
    "go": ("go",),
    "java": ("java", "mvn"),
    "rust": ("cargo",),
}


def missing_tools(language: str) -> list[str]:
    """Returns the commands that a language needs and this machine lacks."""
    return [tool for tool in TOOLS[language] if shutil.which(tool) is None]


def argument_parser(root: pathlib.Path, description: str, profile: str = "debug") -> argparse.ArgumentParser:
    """Returns a parser of the arguments that every program has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--server", type=pathlib.Path, default=root / "target" / profile / "session-authority")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="may be repeated; all by default")
    return parser


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Exits with an explanation if there is no server program."""
    if not options.server.exists():
        parser.error(f"{options.server} does not exist: build it with `cargo build`, or use --server")
    options.server = options.server.resolve()
