"""A proxy in front of a server that counts calls and injects faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2, json_format
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from session_authority.v1 import (
    admin_service_pb2,
    denylist_service_pb2,
    notification_service_pb2,
    session_service_pb2,
    webhook_service_pb2,
)

# gRPC reports a call without a deadline as one in the far future.
MAX_DEADLINE_SECONDS = 1e6
MODULES = (session_service_pb2, admin_service_pb2, denylist_service_pb2, notification_service_pb2, webhook_service_pb2)


def message_type(name: str) -> type[Message]:
    """Returns the type of the request or response with this name."""
    kind: type[Message] = next(getattr(module, name) for module in MODULES if hasattr(module, name))
    return kind


def from_json(method: str, value: dict[str, Any]) -> bytes:
    """Returns the encoded response of a method from its JSON."""
    return json_format.ParseDict(value, message_type(f"{method}Response")()).SerializeToString()


@dataclass
class Call:
    """A call that reached the proxy."""

    method: str
    at: float
    timeout: float | None
    metadata: dict[str, str]
    requests: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def first_request(self) -> dict[str, Any]:
        """Returns the first request message as JSON."""
        message = message_type(f"{self.method}Request")()
        message.ParseFromString(self.requests[0])
        return dict(json_format.MessageToDict(message, preserving_proto_field_name=True))


class Proxy(grpc.GenericRpcHandler):
    """Forwards every call to the server, unless a fault applies.

    A fault is a dictionary: the `method` and the number of `times` (1 by default) that it applies, and one of

    - `code` (with `reason`, `metadata`, `fields`, `retry_after`, `message`): fail after `delay_ms`, without forwarding
    - `hang`: do not respond until the call ends
    - `respond`: respond with this JSON, or a stream of these, instead of forwarding
    - `merge`: forward, and merge this JSON into the response
    - `lose`: forward, and fail with this code instead of the response, which is lost
    - `after`: forward a stream, and fail with UNAVAILABLE after this number of responses
    """

    def __init__(self, upstream: str) -> None:
        self._channel = grpc.insecure_channel(upstream, [("grpc.initial_reconnect_backoff_ms", 50)])
        self._lock = threading.Lock()
        self._faults: list[dict[str, Any]] = []
        self._calls: list[Call] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), [self])
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self._port}"

    def reset(self, faults: list[dict[str, Any]]) -> None:
        """Replaces the faults and forgets the calls."""
        with self._lock:
            self._faults = [{"times": 1, **fault} for fault in faults]
            self._calls = []

    def calls(self, method: str) -> list[Call]:
        with self._lock:
            return [call for call in self._calls if call.method == method]

    def stop(self) -> None:
        self._server.stop(0)
        self._channel.close()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        path = handler_call_details.method

        def handle(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._handle(path, requests, context)

        return grpc.stream_stream_rpc_method_handler(handle)

    def _handle(self, path: str, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        method = path.rpartition("/")[2]
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        call = Call(method, time.monotonic(), remaining(context), metadata)
        context.add_callback(call.ended.set)
        with self._lock:
            self._calls.append(call)
            fault = next((f for f in self._faults if f["method"] == method and f["times"] > 0), {})
            if fault:
                fault["times"] -= 1
        if "hang" in fault:
            call.ended.wait(60)
            return
        if ("code" in fault or "respond" in fault) and method != "ValidateStream":
            call.requests.append(next(requests))
        if "code" in fault:
            call.ended.wait(fault.get("delay_ms", 0) / 1000)
            fail(context, fault)
        if "respond" in fault:
            responses = fault["respond"]
            for response in responses if isinstance(responses, list) else [responses]:
                yield from_json(method, response)
            return
        yield from self._forward(path, call, recorded(requests, call), context, fault)

    def _forward(
        self, path: str, call: Call, requests: Iterator[bytes], context: grpc.ServicerContext, fault: dict[str, Any]
    ) -> Iterator[bytes]:
        ignored = ("user-agent", "grpc-timeout")
        metadata = [(key, value) for key, value in call.metadata.items() if key not in ignored]
        upstream = self._channel.stream_stream(path)(requests, timeout=remaining(context), metadata=metadata)
        context.add_callback(upstream.cancel)
        merged = from_json(call.method, fault["merge"]) if "merge" in fault else b""
        try:
            # Other calls must be able to fail without headers, because they could not be repeated after those.
            if call.method == "ValidateStream":
                context.send_initial_metadata(tuple(upstream.initial_metadata() or ()))
            for count, response in enumerate(upstream):
                if "lose" in fault:
                    upstream.cancel()
                    context.abort(getattr(grpc.StatusCode, fault["lose"]), "the response was lost")
                if count == fault.get("after"):
                    upstream.cancel()
                    context.abort(grpc.StatusCode.UNAVAILABLE, "the connection was lost")
                # Concatenated messages merge.
                yield response + merged
        except grpc.RpcError as error:
            context.set_trailing_metadata(tuple(error.trailing_metadata() or ()))
            context.abort(error.code(), error.details() or "")


def remaining(context: grpc.ServicerContext) -> float | None:
    """Returns the time until the deadline of the caller, or None if it has none."""
    seconds = context.time_remaining()
    return None if seconds is None or seconds > MAX_DEADLINE_SECONDS else seconds


def recorded(requests: Iterator[bytes], call: Call) -> Iterator[bytes]:
    try:
        for request in requests:
            call.requests.append(request)
            yield request
    except grpc.RpcError:
        return


def fail(context: grpc.ServicerContext, fault: dict[str, Any]) -> None:
    """Ends a call with a status and its details."""
    code = getattr(grpc.StatusCode, fault["code"])
    message = fault.get("message", "injected by the conformance runner")
    details: list[Message] = []
    if "reason" in fault:
        info = {"reason": fault["reason"], "domain": "session.v1", "metadata": fault.get("metadata", {})}
        details.append(error_details_pb2.ErrorInfo(**info))
    if "fields" in fault:
        details.append(error_details_pb2.BadRequest(field_violations=fault["fields"]))
    if "retry_after" in fault:
        delay = duration_pb2.Duration()
        delay.FromJsonString(fault["retry_after"])
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    if details:
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)
