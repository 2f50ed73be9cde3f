import pytest

from session_authority import AsyncClient, Client, ConfigurationError, Tls, VerdictCache

KEY = "sak_secret-of-the-caller"


@pytest.mark.parametrize(
    "options",
    [
        {"target": "sessions.example.org:443", "api_key": KEY},
        {"target": "192.0.2.1:50051", "api_key": KEY},
        {"target": "127.0.0.1.example.org:50051", "api_key": KEY},
        {"target": "dns:///sessions.example.org", "api_key": KEY},
        {"target": "127.0.0.1:1,192.0.2.1:1", "api_key": KEY},
        {"target": "unix:/tmp/socket", "api_key": KEY},
        {"target": "[2001:db8::1]:50051", "api_key": KEY},
        {"target": "sessions.example.org:443", "tls": Tls()},
        {"target": "127.0.0.1:1", "api_key": "sak_a\r\nx: y"},
        {"target": "127.0.0.1:1", "api_key": ""},
        {"target": "127.0.0.1:1", "api_key": "sak_ü"},
        {"target": ""},
        {"target": "127.0.0.1:1", "tls": Tls(cert_file="cert.pem")},
        {"target": "127.0.0.1:1", "tls": Tls(ca_file="/nonexistent/ca.pem")},
        {"target": "127.0.0.1:1", "validate_timeout": 0},
        {"target": "127.0.0.1:1", "call_timeout": float("inf")},
        {"target": "127.0.0.1:1", "cache": VerdictCache(0, 1)},
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_unsafe_or_unusable_options_are_refused(kind: type, options: dict) -> None:
    with pytest.raises(ConfigurationError) as refused:
        kind(**options)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("target", ["127.0.0.1:1", "localhost:1", "[::1]:1", "127.8.0.1:1", "ipv4:127.0.0.1:1"])
def test_loopback_needs_neither_tls_nor_key(target: str) -> None:
    Client(target).close()


def test_a_remote_server_is_accepted_with_tls_and_a_key() -> None:
    Client("sessions.example.org:443", api_key=KEY, tls=Tls()).close()


def test_the_key_is_not_printed() -> None:
    with Client("127.0.0.1:1", api_key=KEY) as client:
        assert KEY not in repr(client) + repr(client._options) + str(client._options)
