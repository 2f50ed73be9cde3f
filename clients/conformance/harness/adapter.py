"""The adapter program of a language, which carries out operations on its client."""

from __future__ import annotations

import collections
import json
import queue
import subprocess
import tempfile
import threading
from typing import Any

# How long an operation may take. The first one waits for the start of the program, on a machine that may be busy.
OPERATION_SECONDS = 60
START_SECONDS = 240


class AdapterError(Exception):
    """The adapter did not respond as the protocol requires."""


class Adapter:
    """A running adapter program."""

    def __init__(self, command: list[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the program)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self._lock = threading.Lock()
        self._next_id = 0
        self._results: dict[int, queue.Queue[dict[str, Any]]] = collections.defaultdict(lambda: queue.Queue(1))
        threading.Thread(target=self._read, daemon=True).start()

    def run(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Returns the result of an operation: a dictionary with `ok` or `error`."""
        with self._lock:
            timeout = OPERATION_SECONDS if self._next_id > 0 else START_SECONDS
            self._next_id += 1
            number = self._next_id
            results = self._results[number]
            if self._process.stdin is None or self._process.poll() is not None:
                raise AdapterError(f"the adapter ended: {self.stderr()}")
            self._process.stdin.write(json.dumps({"id": number, **operation}) + "\n")
            self._process.stdin.flush()
        try:
            result = results.get(timeout=timeout)
        except queue.Empty:
            raise AdapterError(f"no result of {operation['op']} within {timeout:g} s: {self.stderr()}") from None
        if ("ok" in result) == ("error" in result):
            raise AdapterError(f"neither ok nor error, or both: {result}")
        if "error" in result and result["error"].get("type") == "adapter":
            raise AdapterError(str(result["error"].get("message")))
        return result

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def stderr(self) -> str:
        """Returns the end of what the program wrote to its standard error."""
        size = self._errors.seek(0, 2)
        self._errors.seek(max(0, size - 2000))
        return self._errors.read().decode(errors="replace")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                result = json.loads(line)
                self._results[result["id"]].put(result)
            except (ValueError, KeyError, TypeError):
                print(f"not a result: {line[:200]!r}")
