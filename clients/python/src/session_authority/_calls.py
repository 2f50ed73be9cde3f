"""The calls of a client, as its parts use them."""

from __future__ import annotations

from typing import Protocol, TypeVar

from google.protobuf.message import Message

from ._methods import Method

Response = TypeVar("Response", bound=Message)


class Call(Protocol):
    """Makes a call, within its time limit and with its retries."""

    def __call__(
        self, method: Method, request: Message, timeout: float | None, response: type[Response], /
    ) -> Response: ...


class AsyncCall(Protocol):
    """The same for asyncio."""

    async def __call__(
        self, method: Method, request: Message, timeout: float | None, response: type[Response], /
    ) -> Response: ...
