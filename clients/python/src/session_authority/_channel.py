"""Arguments of gRPC channels."""

from __future__ import annotations

import json
from pathlib import Path

import grpc

from .errors import ConfigurationError
from .options import Options, Tls

KEEPALIVE_INTERVAL_MS = 30_000
KEEPALIVE_TIMEOUT_MS = 10_000
# RevokeWhere and List return up to 4 MiB.
MAX_RESPONSE_BYTES = 8 * 1024 * 1024


def channel_arguments(options: Options) -> list[tuple[str, int | str]]:
    """Returns the settings of the channel: keepalive also without calls, quick reconnection."""
    arguments: list[tuple[str, int | str]] = [
        ("grpc.keepalive_time_ms", KEEPALIVE_INTERVAL_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.max_receive_message_length", MAX_RESPONSE_BYTES),
        ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
    ]
    if options.tls is not None and options.tls.server_name:
        arguments.append(("grpc.ssl_target_name_override", options.tls.server_name))
    return arguments


def channel_credentials(tls: Tls) -> grpc.ChannelCredentials:
    """Returns the credentials of a channel with TLS. Raises ConfigurationError if a file cannot be read."""
    return grpc.ssl_channel_credentials(_read(tls.ca_file), _read(tls.key_file), _read(tls.cert_file))


def call_metadata(options: Options) -> tuple[tuple[str, str], ...]:
    """Returns the metadata of every call."""
    return (("authorization", f"Bearer {options.api_key}"),) if options.api_key else ()


def _read(file: str | Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error
