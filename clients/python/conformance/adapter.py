"""The adapter of the Python client for the conformance runner: operations on stdin, results on stdout, in JSON lines.

The protocol is described in clients/conformance/README.md. Both clients run in one event loop: the blocking one in
threads.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from typing import Any

from google.protobuf import json_format

import session_authority as sa
from session_authority import v1
from session_authority.v1 import (
    admin_service_pb2,
    denylist_service_pb2,
    notification_service_pb2,
    session_pb2,
    session_service_pb2,
    webhook_service_pb2,
)

MESSAGES = (
    session_service_pb2,
    admin_service_pb2,
    denylist_service_pb2,
    notification_service_pb2,
    webhook_service_pb2,
    session_pb2,
)


def parse(name: str, value: dict[str, Any]) -> Any:
    """Returns the message with this name from its JSON."""
    kind = next(getattr(module, name) for module in MESSAGES if hasattr(module, name))
    return json_format.ParseDict(value, kind())


def to_json(message: Any) -> Any:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def time_json(time: datetime | None) -> str | None:
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z") if time else None


def session_json(session: sa.Session) -> dict[str, Any]:
    return without_none({"session": to_json(session.message), "rotate_after": time_json(session.rotate_after)})


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def duration_json(duration: Any) -> str | None:
    return None if duration is None else f"{duration.total_seconds():g}s"


def error_json(error: Exception) -> dict[str, Any]:
    """Returns an error of the library in the form of the protocol."""
    match error:
        case sa.Rejected():
            return without_none(
                {
                    "type": "rejected",
                    "reason": error.reason.name,
                    "message": error.message,
                    "ended_at": time_json(error.ended_at),
                    "actor": error.actor,
                    "stated_reason": error.stated_reason,
                    "session_id": error.session_id,
                }
            )
        case sa.StepUpRequired():
            return without_none(
                {
                    "type": "step_up_required",
                    "message": error.message,
                    "session_id": error.session_id,
                    "required_assurance_level": error.required_assurance_level,
                    "required_max_auth_age": duration_json(error.required_max_auth_age),
                }
            )
        case sa.CallError():
            return without_none(
                {
                    "type": "no_verdict" if isinstance(error, sa.NoVerdict) else "call",
                    "code": error.code.name,
                    "reason": error.reason,
                    "message": str(error),
                    "metadata": dict(error.metadata),
                    "fields": [{"field": f.field, "description": f.description} for f in error.fields],
                    "retry_after": duration_json(error.retry_after),
                }
            )
        case sa.ConfigurationError():
            return {"type": "configuration", "message": str(error)}
        case _:
            return {"type": "adapter", "message": repr(error)}


def verdict_json(verdict: Any) -> dict[str, Any]:
    match verdict:
        case sa.Accepted(session=session):
            return {"outcome": "session", **session_json(session)}
        case sa.Refused(error=error):
            fields = error_json(error)
            return {"outcome": fields.pop("type"), **fields}
        case other:
            raise TypeError(f"not a verdict: {other!r}")


def validation(value: dict[str, Any]) -> sa.Validation:
    request = parse("ValidateRequest", value)
    return sa.Validation(
        token=sa.Token(request.token),
        client=request.client if request.HasField("client") else None,
        peek=request.activity == session_service_pb2.ACTIVITY_PEEK,
        strong=request.consistency == session_service_pb2.CONSISTENCY_STRONG,
        max_auth_age=request.max_auth_age.ToTimedelta() if request.HasField("max_auth_age") else None,
        min_assurance_level=request.min_assurance_level,
    )


class Consumer:
    """A consumer whose handler waits for operations."""

    def __init__(self, asynchronous: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._asynchronous = asynchronous
        self.begun: asyncio.Queue[Any] = asyncio.Queue()
        self.finished: asyncio.Queue[bool] = asyncio.Queue()
        self.consumer: Any = None
        self.task: asyncio.Task[None] | None = None

    def start(self, client: Any, options: dict[str, Any]) -> None:
        handler = self.handle_async if self._asynchronous else self.handle
        self.consumer = client.notifications.consumer(
            handler,
            tenant_id=options["tenant_id"],
            max_notifications=options.get("max_notifications", 10),
            visibility_timeout=options["visibility_timeout_ms"] / 1000,
            poll_interval=options["poll_interval_ms"] / 1000,
        )
        run = self.consumer.run() if self._asynchronous else asyncio.to_thread(self.consumer.run)
        self.task = asyncio.create_task(run)

    async def handle_async(self, notification: Any) -> None:
        await self.begun.put(notification)
        if await self.finished.get():
            raise RuntimeError("the mail server is unavailable")

    def handle(self, notification: Any) -> None:
        asyncio.run_coroutine_threadsafe(self.handle_async(notification), self._loop).result()


class Adapter:
    """The operations, on the blocking or the asynchronous client."""

    def __init__(self, asynchronous: bool) -> None:
        self._asynchronous = asynchronous
        self._clients: dict[str, Any] = {}
        self._consumers: dict[str, Consumer] = {}
        self._streams: dict[str, tuple[Any, asyncio.Queue[Any], asyncio.Task[None]]] = {}

    async def run(self, operation: dict[str, Any]) -> dict[str, Any]:
        method = getattr(self, "op_" + operation["op"].replace(".", "_"), None)
        if method is None:
            return {"error": {"type": "adapter", "message": "unknown op"}}
        try:
            return {"ok": await method(operation)}
        except Exception as error:
            return {"error": error_json(error)}

    async def call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Calls a method of either client."""
        if not self._asynchronous:
            return await asyncio.to_thread(function, *arguments, **keywords)
        result = function(*arguments, **keywords)
        return await result if inspect.isawaitable(result) else result

    def client(self, operation: dict[str, Any]) -> Any:
        return self._clients[operation["client"]]

    def timeout(self, operation: dict[str, Any]) -> dict[str, float]:
        return {"timeout": operation["deadline_ms"] / 1000} if operation.get("deadline_ms") else {}

    async def op_connect(self, operation: dict[str, Any]) -> dict[str, Any]:
        options = operation["options"]
        cache, tls = options.get("cache"), options.get("tls")
        timeouts = {
            name.replace("_deadline_ms", "_timeout"): options[name] / 1000
            for name in ("validate_deadline_ms", "call_deadline_ms")
            if name in options
        }
        kind = sa.AsyncClient if self._asynchronous else sa.Client
        self._clients[operation["client"]] = kind(
            options["target"],
            api_key=options.get("api_key"),
            tls=sa.Tls(**tls) if tls is not None else None,
            cache=sa.VerdictCache(cache["max_entries"], cache["max_ttl_ms"] / 1000) if cache else None,
            **timeouts,
        )
        return {}

    async def op_close(self, operation: dict[str, Any]) -> dict[str, Any]:
        await self.call(self._clients.pop(operation["client"]).close)
        return {}

    async def op_validate(self, operation: dict[str, Any]) -> dict[str, Any]:
        v = validation(operation["request"])
        session = await self.call(
            self.client(operation).validate,
            v.token,
            v.client,
            peek=v.peek,
            strong=v.strong,
            max_auth_age=v.max_auth_age,
            min_assurance_level=v.min_assurance_level,
            **self.timeout(operation),
        )
        return session_json(session)

    async def op_try_validate(self, operation: dict[str, Any]) -> dict[str, Any]:
        function = self.client(operation).try_validate
        return verdict_json(await self.call(function, validation(operation["request"]), **self.timeout(operation)))

    async def op_validate_many(self, operation: dict[str, Any]) -> dict[str, Any]:
        limit = {"max_in_flight": operation["max_in_flight"]} if operation.get("max_in_flight") else {}
        results = await self.call(
            self.client(operation).validate_many,
            [validation(request) for request in operation["requests"]],
            **limit,
            **self.timeout(operation),
        )
        return {
            "results": [
                session_json(result.session) if isinstance(result, sa.Accepted) else {"error": error_json(result.error)}
                for result in results
            ]
        }

    async def op_call(self, operation: dict[str, Any]) -> dict[str, Any]:
        name = operation["method"]
        request = parse(f"{name}Request", operation.get("request", {}))
        return {"response": await self.method(name)(self.client(operation), request, self.timeout(operation))}

    def method(self, name: str) -> Callable[[Any, Any, dict[str, float]], Awaitable[Any]]:
        return getattr(self, f"call_{name.lower()}", None) or self.plain(name)

    def plain(self, name: str) -> Callable[[Any, Any, dict[str, float]], Awaitable[Any]]:
        """Returns the call of a method that takes the message of the request and returns that of the response."""
        snake = "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")

        async def call(client: Any, request: Any, timeout: dict[str, float]) -> Any:
            parts = (client, client.notifications, client.webhooks)
            method = next(getattr(part, snake) for part in parts if hasattr(part, snake))
            return to_json(await self.call(method, request, **timeout))

        return call

    async def call_create(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        created = await self.call(client.create, request, **timeout)
        return {
            "token": created.token.reveal(),
            "session": to_json(created.session.message),
            "ended": [to_json(ended) for ended in created.ended],
            "alerts": [to_json(alert) for alert in created.alerts],
        }

    async def call_rotate(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        context = request.client if request.HasField("client") else None
        rotated = await self.call(client.rotate, sa.Token(request.token), context, **timeout)
        return {"token": rotated.token.reveal(), "session": to_json(rotated.session.message)}

    async def call_update(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        updated = await self.call(
            client.update,
            request.session_id,
            request.session,
            request.update_mask.paths,
            if_revision=request.if_revision,
            rotate=request.rotate,
            **timeout,
        )
        token = {"token": updated.token.reveal()} if updated.token is not None else {}
        return {"session": to_json(updated.session.message), **token}

    async def call_get(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        session = await self.call(
            client.get, request.session_id, user_id=request.user_id, tenant_id=request.tenant_id, **timeout
        )
        return {"session": to_json(session.message)}

    async def call_list(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        sessions = await self.call(
            client.list_sessions,
            request.user_id,
            tenant_id=request.tenant_id,
            current_session_id=request.current_session_id,
            **timeout,
        )
        return {"sessions": [to_json(session.message) for session in sessions]}

    async def call_touch(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        sessions = await self.call(client.touch, request.touches, **timeout)
        return {"sessions": [to_json(session) for session in sessions]}

    async def call_revoke(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        target = request.WhichOneof("target")
        value = getattr(request, target) if target else None
        response = await self.call(
            client.revoke,
            **({target: sa.Token(value) if target == "token" else value} if target else {}),
            user_id=request.user_id,
            tenant_id=request.tenant_id,
            reason=request.reason,
            actor=request.actor,
            sign_out=request.sign_out,
            compromised=request.compromised,
            **timeout,
        )
        return to_json(response)

    async def call_revokeall(self, client: Any, request: Any, timeout: dict[str, float]) -> Any:
        common: dict[str, Any] = {"reason": request.reason, "actor": request.actor, **timeout}
        common["operation_id"] = request.operation_id or None
        match request.WhichOneof("scope"):
            case "user":
                response = await self.call(
                    client.revoke_all_of_user,
                    request.user.user_id,
                    tenant_id=request.user.tenant_id,
                    except_session_id=request.except_session_id,
                    except_token=sa.Token(request.except_token) if request.except_token else None,
                    compromised=request.compromised,
                    **common,
                )
            case "tenant":
                response = await self.call(client.revoke_all_of_tenant, request.tenant.tenant_id, **common)
            case _:
                response = await self.call(client.revoke_everyone, **common)
        return to_json(response)

    async def call_listwebhooks(self, client: Any, _: Any, timeout: dict[str, float]) -> Any:
        return to_json(await self.call(client.webhooks.list_webhooks, **timeout))

    async def call_purge(self, client: Any, _: Any, timeout: dict[str, float]) -> Any:
        return to_json(await self.call(client.purge, **timeout))

    async def op_revoke_where(self, operation: dict[str, Any]) -> dict[str, Any]:
        request = parse("RevokeWhereRequest", operation["request"])
        stream = self.client(operation).revoke_where(request, **self.timeout(operation))
        if self._asynchronous:
            return {"responses": [to_json(response) async for response in stream]}
        return {"responses": [to_json(response) for response in await asyncio.to_thread(list, stream)]}

    async def op_alerts_open(self, operation: dict[str, Any]) -> dict[str, Any]:
        request = parse("StreamAlertsRequest", operation.get("request", {}))
        stream = self.client(operation).alerts(request)
        queue: asyncio.Queue[Any] = asyncio.Queue()
        read = self.read_async if self._asynchronous else self.read
        self._streams[operation["stream"]] = (stream, queue, asyncio.create_task(read(stream, queue)))
        return {}

    async def read(self, stream: Any, queue: asyncio.Queue[Any]) -> None:
        try:
            while (event := await asyncio.to_thread(next, stream, None)) is not None:
                await queue.put(event)
        except Exception as error:
            await queue.put(error)

    async def read_async(self, stream: Any, queue: asyncio.Queue[Any]) -> None:
        try:
            async for event in stream:
                await queue.put(event)
        except Exception as error:
            await queue.put(error)

    async def op_alerts_next(self, operation: dict[str, Any]) -> dict[str, Any]:
        _, queue, _ = self._streams[operation["stream"]]
        try:
            event = await asyncio.wait_for(queue.get(), operation["timeout_ms"] / 1000)
        except asyncio.TimeoutError:
            return {"timeout": True}
        if isinstance(event, Exception):
            raise event
        kind = "alert" if event.alert is not None else "gap"
        return {kind: to_json(getattr(event, kind)), "cursor": event.cursor}

    async def op_alerts_cursor(self, operation: dict[str, Any]) -> dict[str, Any]:
        return {"cursor": self._streams[operation["stream"]][0].cursor}

    async def op_alerts_close(self, operation: dict[str, Any]) -> dict[str, Any]:
        stream, _, task = self._streams.pop(operation["stream"])
        await self.call(stream.close)
        await task
        return {}

    async def op_consumer_start(self, operation: dict[str, Any]) -> dict[str, Any]:
        consumer = self._consumers[operation["consumer"]] = Consumer(self._asynchronous)
        consumer.start(self.client(operation), operation["consume"])
        return {}

    async def op_consumer_next(self, operation: dict[str, Any]) -> dict[str, Any]:
        begun = self._consumers[operation["consumer"]].begun
        try:
            notification = await asyncio.wait_for(begun.get(), operation["timeout_ms"] / 1000)
        except asyncio.TimeoutError:
            return {"timeout": True}
        return {"notification": to_json(notification)}

    async def op_consumer_finish(self, operation: dict[str, Any]) -> dict[str, Any]:
        await self._consumers[operation["consumer"]].finished.put(operation.get("fails", False))
        return {}

    async def op_consumer_stop(self, operation: dict[str, Any]) -> dict[str, Any]:
        self._consumers[operation["consumer"]].consumer.stop()
        return {}

    async def op_consumer_end(self, operation: dict[str, Any]) -> dict[str, Any]:
        task = self._consumers[operation["consumer"]].task
        assert task is not None
        await asyncio.wait_for(task, operation["timeout_ms"] / 1000)
        return {}

    async def op_token_print(self, operation: dict[str, Any]) -> dict[str, Any]:
        token = sa.Token(operation["token"])
        created = sa.CreatedSession(token, sa.Session(v1.session_pb2.Session()), (), ())
        printed = [
            str(token),
            repr(token),
            f"{token}",
            f"{token!r:>10}",
            "%s %r" % (token, token),  # noqa: UP031
            format(token, "s"),
            ascii(token),
            str([token]),
            str({"token": token}),
            str(created),
            str(sa.Validation(token)),
            json.dumps({"token": token}, default=repr),
        ]
        return {"printed": printed}

    async def op_token_reveal(self, operation: dict[str, Any]) -> dict[str, Any]:
        return {"token": sa.Token(operation["token"]).reveal()}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", choices=["sync", "asyncio"], default="sync")
    adapter = Adapter(parser.parse_args().variant == "asyncio")
    reader = asyncio.StreamReader(limit=1 << 26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks: set[asyncio.Task[None]] = set()

    async def handle(line: bytes) -> None:
        operation = json.loads(line)
        result = {"id": operation["id"], **await adapter.run(operation)}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()

    while line := await reader.readline():
        task = asyncio.create_task(handle(line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    asyncio.run(main())
