"""Endpoints of other systems that receive events and alerts. The calls need the role admin."""

from __future__ import annotations

from . import _methods
from ._calls import AsyncCall, Call
from .v1 import webhook_service_pb2 as webhook


class Webhooks:
    """The calls of WebhookService. Reach it as `Client.webhooks`."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def list_webhooks(self, *, timeout: float | None = None) -> webhook.ListWebhooksResponse:
        """Returns all endpoints with their progress."""
        return self._call(_methods.LIST_WEBHOOKS, webhook.ListWebhooksRequest(), timeout, webhook.ListWebhooksResponse)

    def add_webhook(
        self, request: webhook.AddWebhookRequest, *, timeout: float | None = None
    ) -> webhook.AddWebhookResponse:
        """Adds an endpoint, and returns the secret that signs its messages. Not repeated if it fails."""
        return self._call(_methods.ADD_WEBHOOK, request, timeout, webhook.AddWebhookResponse)

    def update_webhook(
        self, request: webhook.UpdateWebhookRequest, *, timeout: float | None = None
    ) -> webhook.UpdateWebhookResponse:
        """Replaces the settings of an endpoint. Not repeated if it fails: each call may generate another secret."""
        return self._call(_methods.UPDATE_WEBHOOK, request, timeout, webhook.UpdateWebhookResponse)

    def remove_webhook(
        self, request: webhook.RemoveWebhookRequest, *, timeout: float | None = None
    ) -> webhook.RemoveWebhookResponse:
        """Removes an endpoint. Not repeated if it fails."""
        return self._call(_methods.REMOVE_WEBHOOK, request, timeout, webhook.RemoveWebhookResponse)

    def test_webhook(
        self, request: webhook.TestWebhookRequest, *, timeout: float | None = None
    ) -> webhook.TestWebhookResponse:
        """Sends a test message, once. A delivery that fails is no error: see the response."""
        return self._call(_methods.TEST_WEBHOOK, request, timeout, webhook.TestWebhookResponse)

    def enable_webhook(
        self, request: webhook.EnableWebhookRequest, *, timeout: float | None = None
    ) -> webhook.EnableWebhookResponse:
        """Ends the disablement or the pause of an endpoint."""
        return self._call(_methods.ENABLE_WEBHOOK, request, timeout, webhook.EnableWebhookResponse)

    def list_dead_letters(
        self, request: webhook.ListDeadLettersRequest, *, timeout: float | None = None
    ) -> webhook.ListDeadLettersResponse:
        """Returns a page of messages that were given up."""
        return self._call(_methods.LIST_DEAD_LETTERS, request, timeout, webhook.ListDeadLettersResponse)

    def replay_webhook(
        self, request: webhook.ReplayWebhookRequest, *, timeout: float | None = None
    ) -> webhook.ReplayWebhookResponse:
        """Sends messages of an endpoint again. Not repeated if it fails."""
        return self._call(_methods.REPLAY_WEBHOOK, request, timeout, webhook.ReplayWebhookResponse)


class AsyncWebhooks:
    """The same for asyncio. Reach it as `AsyncClient.webhooks`."""

    def __init__(self, call: AsyncCall) -> None:
        self._call = call

    async def list_webhooks(self, *, timeout: float | None = None) -> webhook.ListWebhooksResponse:
        """Returns all endpoints with their progress."""
        return await self._call(
            _methods.LIST_WEBHOOKS, webhook.ListWebhooksRequest(), timeout, webhook.ListWebhooksResponse
        )

    async def add_webhook(
        self, request: webhook.AddWebhookRequest, *, timeout: float | None = None
    ) -> webhook.AddWebhookResponse:
        """Adds an endpoint, and returns the secret that signs its messages. Not repeated if it fails."""
        return await self._call(_methods.ADD_WEBHOOK, request, timeout, webhook.AddWebhookResponse)

    async def update_webhook(
        self, request: webhook.UpdateWebhookRequest, *, timeout: float | None = None
    ) -> webhook.UpdateWebhookResponse:
        """Replaces the settings of an endpoint. Not repeated if it fails: each call may generate another secret."""
        return await self._call(_methods.UPDATE_WEBHOOK, request, timeout, webhook.UpdateWebhookResponse)

    async def remove_webhook(
        self, request: webhook.RemoveWebhookRequest, *, timeout: float | None = None
    ) -> webhook.RemoveWebhookResponse:
        """Removes an endpoint. Not repeated if it fails."""
        return await self._call(_methods.REMOVE_WEBHOOK, request, timeout, webhook.RemoveWebhookResponse)

    async def test_webhook(
        self, request: webhook.TestWebhookRequest, *, timeout: float | None = None
    ) -> webhook.TestWebhookResponse:
        """Sends a test message, once. A delivery that fails is no error: see the response."""
        return await self._call(_methods.TEST_WEBHOOK, request, timeout, webhook.TestWebhookResponse)

    async def enable_webhook(
        self, request: webhook.EnableWebhookRequest, *, timeout: float | None = None
    ) -> webhook.EnableWebhookResponse:
        """Ends the disablement or the pause of an endpoint."""
        return await self._call(_methods.ENABLE_WEBHOOK, request, timeout, webhook.EnableWebhookResponse)

    async def list_dead_letters(
        self, request: webhook.ListDeadLettersRequest, *, timeout: float | None = None
    ) -> webhook.ListDeadLettersResponse:
        """Returns a page of messages that were given up."""
        return await self._call(_methods.LIST_DEAD_LETTERS, request, timeout, webhook.ListDeadLettersResponse)

    async def replay_webhook(
        self, request: webhook.ReplayWebhookRequest, *, timeout: float | None = None
    ) -> webhook.ReplayWebhookResponse:
        """Sends messages of an endpoint again. Not repeated if it fails."""
        return await self._call(_methods.REPLAY_WEBHOOK, request, timeout, webhook.ReplayWebhookResponse)
