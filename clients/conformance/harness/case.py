"""The execution of a case against one adapter."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import time
import uuid
from typing import Any

from .adapter import Adapter
from .environment import Environment
from .matching import mismatch, select

# The members of a step that are not arguments of its operation.
STEP_ONLY = ("expect", "error", "or_error", "save", "within_ms", "seconds")


# How far apart the deadlines of the attempts of one call may be, as measured at their arrival.
ONE_DEADLINE_SECONDS = 1.0


class CaseFailure(Exception):
    """A step of a case had another result than expected."""


class CaseRun:
    """One case, its variables and its clients."""

    def __init__(self, adapter: Adapter, environment: Environment) -> None:
        self._adapter = adapter
        self._environment = environment
        self._variables: dict[str, Any] = {"unique": uuid.uuid4().hex[:12]}
        self._variables["user"] = "user-" + self._variables["unique"]
        tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        self._variables["tomorrow"] = tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._clients: dict[str, str] = {}
        self._streams: list[str] = []
        self._consumers: list[str] = []

    def run(self, steps: list[dict[str, Any]]) -> None:
        """Runs the steps. Raises CaseFailure at the first one that does not end as expected."""
        try:
            for number, step in enumerate(steps, 1):
                try:
                    self._step(self._substitute(step))
                except CaseFailure as failure:
                    raise CaseFailure(f"step {number} ({step.get('op', 'runner')}): {failure}") from failure
        finally:
            for stream in self._streams:
                self._adapter.run({"op": "alerts.close", "stream": stream})
            for consumer in self._consumers:
                self._adapter.run({"op": "consumer.stop", "consumer": consumer})
            for client in self._clients.values():
                self._adapter.run({"op": "close", "client": client})

    def _step(self, step: dict[str, Any]) -> None:
        if "op" in step:
            self._operation(step)
        elif "server" in step:
            getattr(self._environment.server, step["server"])()
        elif "faults" in step:
            self._environment.proxy.reset(step["faults"])
        elif "calls" in step:
            self._check_calls(step["calls"])
        elif "wait_ms" in step:
            time.sleep(step["wait_ms"] / 1000)
        else:
            raise CaseFailure(f"unknown step {step}")

    def _operation(self, step: dict[str, Any]) -> None:
        operation = {k: v for k, v in step.items() if k not in STEP_ONLY}
        if step["op"] == "connect":
            # A name of its own for each case.
            self._clients[step["client"]] = operation["client"] = self._name(step["client"])
        elif "client" in step:
            operation["client"] = self._connected(step["client"])
        if "stream" in step:
            operation["stream"] = self._name(step["stream"])
            if step["op"] == "alerts.open":
                self._streams.append(operation["stream"])
            elif step["op"] == "alerts.close":
                self._streams.remove(operation["stream"])
        if "consumer" in step:
            operation["consumer"] = self._name(step["consumer"])
            if step["op"] == "consumer.start":
                self._consumers.append(operation["consumer"])
        deadline = time.monotonic() + step.get("within_ms", 0) / 1000
        while True:
            started = time.monotonic()
            result = self._adapter.run(operation)
            problem = self._judge(step, result, time.monotonic() - started)
            if problem is None or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        if problem is not None:
            if step["op"] == "connect":
                self._clients.pop(step["client"])
            raise CaseFailure(problem)
        if step["op"] == "connect" and "error" in result:
            self._clients.pop(step["client"])
        for name, path in step.get("save", {}).items() if "ok" in result else ():
            self._variables[name] = select(result["ok"], path)

    def _judge(self, step: dict[str, Any], result: dict[str, Any], seconds: float) -> str | None:
        if "error" in step:
            if "error" not in result:
                return f"expected the error {json.dumps(step['error'])}, got {json.dumps(result['ok'])[:300]}"
            problem = mismatch(step["error"], result["error"], "error") or self._leak(result["error"])
        elif "error" in result and "or_error" in step:
            problem = mismatch(step["or_error"], result["error"], "error")
        elif "error" in result:
            problem = f"failed: {json.dumps(result['error'])}"
        else:
            problem = mismatch(step.get("expect", {}), result["ok"])
        return problem or (mismatch(step["seconds"], seconds, "seconds") if "seconds" in step else None)

    def _leak(self, error: dict[str, Any]) -> str | None:
        token = self._variables.get("token")
        return "the error contains the token" if token and token in json.dumps(error) else None

    def _check_calls(self, expected: dict[str, Any]) -> None:
        calls = self._environment.proxy.calls(expected["method"])
        if "count" in expected and (problem := mismatch(expected["count"], len(calls), "calls")):
            raise CaseFailure(problem)
        for name in expected.get("same", []):
            values = {call.first_request().get(name) for call in calls}
            if len(values) != 1 or not values.pop():
                raise CaseFailure(f"{name} is missing or not the same in each attempt")
        timeouts = [call.timeout for call in calls]
        if expected["method"] != "StreamAlerts" and any(timeout is None for timeout in timeouts):
            raise CaseFailure("a call without a deadline")
        if "timeout_seconds" in expected and calls:
            problem = mismatch(expected["timeout_seconds"], timeouts[0], "deadline of the first attempt in seconds")
            if problem:
                raise CaseFailure(problem)
        if expected.get("one_deadline"):
            ends = [call.at + (call.timeout or 0) for call in calls]
            # The first attempt of these cases takes longer than this: attempts with deadlines of their own end later.
            # Within it are the rounding of deadlines by gRPC and the delays of a busy machine.
            if max(ends) - min(ends) > ONE_DEADLINE_SECONDS:
                raise CaseFailure(f"attempts have different deadlines, {max(ends) - min(ends):.2f} s apart")
        if "pauses_seconds" in expected:
            for before, after in itertools.pairwise(calls):
                problem = mismatch(expected["pauses_seconds"], after.at - before.at, "pause between attempts")
                if problem:
                    raise CaseFailure(problem)
        for index, part in expected.get("requests", {}).items():
            problem = mismatch(part, calls[int(index)].first_request(), f"request {index}")
            if problem:
                raise CaseFailure(problem)
        if problem := mismatch(expected.get("metadata", {}), calls[0].metadata if calls else {}, "metadata"):
            raise CaseFailure(problem)

    def _connected(self, client: str) -> str:
        """Returns the name of a client, connected as its role: `issuer`, or `issuer@proxy` through the proxy."""
        if client not in self._clients:
            role, _, via = client.partition("@")
            options = self._environment.options(role, proxied=via == "proxy")
            self._clients[client] = self._name(client)
            result = self._adapter.run({"op": "connect", "client": self._clients[client], "options": options})
            if "error" in result:
                self._clients.pop(client)
                raise CaseFailure(f"connect as {client}: {result['error']}")
        return self._clients[client]

    def _options(self, path: str) -> Any:
        """Returns the options of a role, or one of them: `issuer`, `issuer@proxy`, `issuer.tls`."""
        name, _, member = path.partition(".")
        role, _, via = name.partition("@")
        options = self._environment.options(role, proxied=via == "proxy")
        return options[member] if member else options

    def _name(self, name: str) -> str:
        return f"{name}-{self._variables['unique']}"

    def _substitute(self, value: Any) -> Any:
        """Replaces `$name` and `${name}` by variables: those that steps saved, and `$options.ROLE`.

        `{"$merge": a, …}` is `a` with further members; null removes one. `{"$repeat": n, "value": v}` is a list.
        `{"$after": prefix, "value": v}` is the rest of a text.
        """
        if isinstance(value, dict):
            if "$repeat" in value:
                return [self._substitute(value["value"])] * value["$repeat"]
            if "$after" in value:
                return str(self._substitute(value["value"])).removeprefix(value["$after"])
            merged = self._substitute(value["$merge"]) if "$merge" in value else None
            rest = {key: self._substitute(item) for key, item in value.items() if key != "$merge"}
            if merged is None:
                return rest
            return {key: item for key, item in {**merged, **rest}.items() if item is not None}
        if isinstance(value, list):
            return [self._substitute(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("$options."):
            return self._options(value.removeprefix("$options."))
        if re.fullmatch(r"\$[a-z_0-9]+", value) and value[1:] in self._variables:
            return self._variables[value[1:]]
        return re.sub(r"\$\{([a-z_0-9]+)\}", lambda match: str(self._variables[match[1]]), value)
