import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import test from "node:test";
import { SessionAuthority } from "@session-authority/client";
import { TestServer } from "../../clients/typescript/tests/support/server.js";
import { createApp } from "./app.js";

test("a user signs in, sees the devices, ends one and signs out", async (t) => {
  const server = await TestServer.start();
  const authority = new SessionAuthority({ address: server.address, validateTimeoutMs: 20_000, callTimeoutMs: 20_000 });
  const http = createApp(authority).listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(async () => {
    http.close();
    authority.close();
    await server.stop();
  });
  const base = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
  const send = (
    method: string,
    path: string,
    cookie = "",
    body?: Record<string, string>,
    headers: Record<string, string> = {},
  ) =>
    fetch(base + path, {
      method,
      redirect: "manual",
      headers: { cookie, ...headers },
      ...(body === undefined ? {} : { body: new URLSearchParams(body) }),
    });
  const signIn = async (user: string) => {
    const response = await send("POST", "/sign-in", "", { user, password: "demo" });
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/account");
    return response.headers.getSetCookie()[0]!.split(";", 1)[0]!;
  };

  assert.equal((await send("GET", "/")).status, 200);
  assert.equal((await send("POST", "/sign-in", "", { user: "ann", password: "wrong" })).status, 401);
  for (const path of ["/account", "/devices", "/transfer", "/unknown"]) {
    assert.equal((await send("GET", path)).status, 401, path);
  }

  const cookie = await signIn("<ann>");
  assert.match(await (await send("GET", "/account", cookie)).text(), /Hello, &lt;ann&gt;/);
  const other = await signIn("<ann>");
  const stranger = await signIn("bob");
  const devices = await (await send("GET", "/devices", cookie)).text();
  const ids = [...devices.matchAll(/data-session-id="(\w{32})" data-current="(\w+)"/g)];
  assert.deepEqual(ids.map(([, , current]) => current).sort(), ["false", "true"]);
  const otherId = ids.find(([, , current]) => current === "false")![1]!;

  // Bob cannot end a session of Ann, and no other site can make Ann's browser do it.
  assert.equal((await send("POST", `/devices/${otherId}/sign-out`, stranger)).status, 303);
  assert.equal(
    (await send("POST", `/devices/${otherId}/sign-out`, cookie, {}, { "sec-fetch-site": "cross-site" })).status,
    403,
  );
  assert.equal((await send("GET", "/account", other)).status, 200);
  assert.equal((await send("POST", `/devices/${otherId}/sign-out`, cookie)).status, 303);
  assert.equal((await send("GET", "/account", other)).status, 401);

  const transfer = await send("GET", "/transfer", cookie);
  assert.equal(transfer.status, 403);
  assert.match(await transfer.text(), /step_up_required/);

  const signOut = await send("POST", "/sign-out", cookie);
  assert.equal(signOut.status, 303);
  assert.match(signOut.headers.getSetCookie()[0]!, /^__Host-session=; .*Max-Age=0$/);
  assert.equal((await send("GET", "/account", cookie)).status, 401);
});
