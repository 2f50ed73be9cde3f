import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { ConfigurationError, SessionAuthority, type ClientOptions } from "@session-authority/client";

const KEY = "sak_0123456789";

const refused: Record<string, ClientOptions> = {
  "plain text beyond loopback": { address: "authority.example.com:443", apiKey: KEY },
  "plain text beyond loopback, said explicitly": { address: "192.0.2.1:443", apiKey: KEY, tls: false },
  "a host name that begins like a loopback address": { address: "127.example.com:443", apiKey: KEY },
  "no credential beyond loopback": { address: "authority.example.com:443", tls: true },
  "a certificate without its key": { address: "127.0.0.1:443", tls: { certificate: "PEM" } },
  "a key without its certificate": { address: "127.0.0.1:443", tls: { key: "PEM" } },
  "an API key with a line break": { address: "127.0.0.1:443", apiKey: `${KEY}\r\nx: y` },
  "an API key beyond ASCII": { address: "127.0.0.1:443", apiKey: `${KEY}ü` },
  "an empty API key": { address: "127.0.0.1:443", apiKey: "" },
  "an empty address": { address: "" },
  "an address without a port": { address: "127.0.0.1" },
  "a URL": { address: "https://authority.example.com" },
  "a port that does not exist": { address: "127.0.0.1:70000" },
  "a time limit of zero": { address: "127.0.0.1:443", validateTimeoutMs: 0 },
  "a cache without room": { address: "127.0.0.1:443", verdictCache: { maxEntries: 0, maxTtlMs: 1000 } },
};

for (const [name, options] of Object.entries(refused)) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => new SessionAuthority(options),
      (error: unknown) => error instanceof ConfigurationError && !inspect(error).includes("0123456789"),
    );
  });
}

const accepted: Record<string, ClientOptions> = {
  "loopback without TLS and key": { address: "127.0.0.1:50051" },
  "loopback by name": { address: "localhost:50051" },
  "loopback in IPv6": { address: "[::1]:50051" },
  "another host with TLS and a key": { address: "authority.example.com:443", tls: true, apiKey: KEY },
};

for (const [name, options] of Object.entries(accepted)) {
  test(`accepts ${name}`, () => {
    const authority = new SessionAuthority(options);
    assert.ok(!inspect(authority, { showHidden: true, depth: 10 }).includes("0123456789"));
    authority.close();
  });
}

test("reads the environment of the command-line client", (t) => {
  const restore = { ...process.env };
  t.after(() => {
    process.env = restore;
  });
  process.env["SESSION_AUTHORITY_SERVER"] = "https://authority.example.com";
  process.env["SESSION_AUTHORITY_API_KEY"] = KEY;
  SessionAuthority.fromEnvironment().close();
  process.env["SESSION_AUTHORITY_SERVER"] = "http://authority.example.com";
  assert.throws(() => SessionAuthority.fromEnvironment(), ConfigurationError);
  process.env["SESSION_AUTHORITY_SERVER"] = "127.0.0.1:50051";
  SessionAuthority.fromEnvironment().close();
});
