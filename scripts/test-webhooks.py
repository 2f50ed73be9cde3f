"""Receives messages of a development server and verifies them with libraries of others, for test-webhooks.sh."""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

import jsonschema
import jwt
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PROGRAM, NODE = sys.argv[1:3]
SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
PREFIX = "SESSION_AUTHORITY__"
TIMEOUT = 60
KEYS = {"ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}
KEY = sys.argv[3]

NODE_VERIFIER = """
const { Webhook } = require("standardwebhooks");
const { secret, headers, body } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const webhook = new Webhook(secret);
webhook.verify(body, headers);
try {
  webhook.verify(body + " ", headers);
} catch {
  process.exit(0);
}
throw new Error("a tampered body was accepted");
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    """Stores the requests by their path."""

    received: dict[str, list[tuple[dict[str, str], str]]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.received.setdefault(self.path, []).append((headers, body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def start_server(data: str, settings: dict[str, str]) -> tuple[subprocess.Popen[str], str, str]:
    """Starts a server on free ports. Returns it and its addresses for gRPC and HTTP."""
    environment = {**os.environ, **{PREFIX + name: value for name, value in settings.items()}}
    command = [PROGRAM, "dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    address = {}
    for line in server.stdout:
        if found := re.match(r"(gRPC|HTTP)\s+(?:http://)?([\d.:]+)", line):
            address[found[1]] = found[2]
        if len(address) == 2:
            return server, address["gRPC"], address["HTTP"]
    sys.exit("webhooks: the server did not start")


def wait_for(path: str, count: int) -> list[tuple[dict[str, str], str]]:
    deadline = time.monotonic() + TIMEOUT
    while len(Receiver.received.get(path, [])) < count:
        if time.monotonic() > deadline:
            sys.exit(f"webhooks: {path} has {len(Receiver.received.get(path, []))} of {count} messages")
        time.sleep(0.1)
    return Receiver.received[path]


def verify_json(headers: dict[str, str], body: str, schema: dict) -> str:
    """Verifies a message with both libraries and both secrets. Returns its type."""
    for secret in SECRETS:
        Webhook(secret).verify(body, headers)
        try:
            Webhook(secret).verify(body.replace('"', "'", 1), headers)
        except WebhookVerificationError:
            pass
        else:
            sys.exit("webhooks: a tampered body was accepted")
        request = json.dumps({"secret": secret, "headers": headers, "body": body})
        environment = {**os.environ, "NODE_PATH": f"{NODE}/node_modules"}
        subprocess.run(["node", "-e", NODE_VERIFIER], input=request, text=True, check=True, env=environment)
    message = json.loads(body)
    jsonschema.validate(message, schema, format_checker=jsonschema.FormatChecker())
    assert len(body) < 20_000
    return message["type"]


def verify_set(headers: dict[str, str], body: str, keys: jwt.PyJWKClient) -> str:
    """Verifies a security event token. Returns the name of its event."""
    assert headers["content-type"] == "application/secevent+jwt", headers
    verify = lambda token: jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["ES256", "RS256"],
        audience="https://receiver.example.com",
        issuer="https://sessions.example.com",
    )
    claims = verify(body)
    assert jwt.get_unverified_header(body)["typ"] == "secevent+jwt"
    assert claims["jti"] == headers["webhook-id"] and "sub" not in claims and "exp" not in claims
    head, payload, signature = body.split(".")
    try:
        verify(".".join([head, payload, ("B" if signature[0] == "A" else "A") + signature[1:]]))
    except jwt.InvalidSignatureError:
        pass
    else:
        sys.exit("webhooks: a tampered token was accepted")
    (event,) = claims["events"]
    return event.rsplit("/", 1)[1]


def main() -> None:
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/json"
    schema = json.load(open("docs/webhook.schema.json"))
    settings = {
        "MANAGEMENT__LISTEN": "127.0.0.1:0",
        "WEBHOOKS__ENDPOINTS__JSON__URL": url,
        "WEBHOOKS__ENDPOINTS__JSON__SECRET": ",".join(SECRETS),
        "WEBHOOKS__ENDPOINTS__JSON__ALLOW_PRIVATE_ADDRESSES": "true",
    }
    with tempfile.TemporaryDirectory() as data:
        for algorithm, options in KEYS.items():
            subprocess.run(
                ["openssl", "genpkey", "-algorithm", *options, "-out", f"{data}/{algorithm}.key"], check=True,
                stderr=subprocess.DEVNULL,
            )
        settings |= {
            "WEBHOOKS__SET_KEY_FILE": f"{data}/{KEY}.key",
            "WEBHOOKS__SET_ISSUER": "https://sessions.example.com",
            "WEBHOOKS__ENDPOINTS__CAEP__URL": url.replace("/json", "/caep"),
            "WEBHOOKS__ENDPOINTS__CAEP__SECRET": SECRETS[0],
            "WEBHOOKS__ENDPOINTS__CAEP__FORMAT": "caep-set",
            "WEBHOOKS__ENDPOINTS__CAEP__AUDIENCE": "https://receiver.example.com",
            "WEBHOOKS__ENDPOINTS__CAEP__ALLOW_PRIVATE_ADDRESSES": "true",
        }
        server, address, http_address = start_server(data, settings)
        try:
            run = lambda *words: subprocess.run(
                [PROGRAM, *words, "--server", f"http://{address}"], check=True, stdout=subprocess.PIPE, text=True
            )
            run("webhooks", "test", "json")
            run("create", "ann", "--device-id", "laptop")
            run("create", "ann", "--device-id", "phone")
            run("revoke", "--device", "laptop", "--user", "ann", "--reason", "lost", "--actor", "ann")
            run("revoke-all", "--user", "ann")
            types = [verify_json(*message, schema) for message in wait_for("/json", 7)]
            keys = jwt.PyJWKClient(f"http://{http_address}/.well-known/jwks.json")
            events = [verify_set(*message, keys) for message in wait_for("/caep", 4)]
        finally:
            server.terminate()
            server.wait()
    expected = {"webhook.test", "session.created", "session.revoked", "sessions.revoked"}
    assert expected <= set(types), types
    assert {"session-established", "session-revoked"} <= set(events), events
    print(f"webhooks: {len(events)} security event tokens are genuine ({KEY})")
    print(f"webhooks: {len(types)} messages of {len(set(types))} types are genuine, and no tampered one is")


main()
