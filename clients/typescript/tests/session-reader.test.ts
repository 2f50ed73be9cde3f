import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { toPlain } from "../src/convert.js";
import { DeviceType, SessionSchema } from "../src/gen/session/v1/session_pb.js";
import { readSession } from "../src/session-reader.js";

test("a session is read as any other message is", () => {
  const at = (ms: number) => timestampFromMs(1_700_000_000_000 + ms);
  const place = { ip: "198.51.100.7", country: "SE", region: "AB", city: "Stockholm", latitude: 59.3, longitude: 18.1 };
  const device = { deviceId: "d", name: "Firefox", browser: "Firefox", os: "Linux", userAgent: "UA", firstSeen: true };
  const full = create(SessionSchema, {
    sessionId: "s",
    tenantId: "t",
    userId: "u",
    email: "ann@example.com",
    roles: ["reader", "admin"],
    data: { theme: "dark", nested: { list: [1, null] } },
    device: { ...device, type: DeviceType.MOBILE },
    location: { ...place, accuracyRadiusKm: 20, asn: 64500, network: "Example" },
    createdAt: at(1),
    authenticatedAt: at(2),
    lastActiveAt: at(3),
    idleExpiresAt: at(4),
    expiresAt: at(5),
    assuranceLevel: 2,
    revision: 7n,
    authMethods: ["pwd", "otp"],
    policy: "default",
    remembered: true,
    current: true,
    lastSeen: { since: at(6), location: place, device },
  });
  const unknown = create(SessionSchema, { device });
  Object.assign(unknown.device!, { type: 99 });
  for (const message of [full, unknown, create(SessionSchema)]) {
    assert.deepEqual(readSession(message), toPlain(SessionSchema, message));
  }
  assert.deepEqual(
    Object.entries(readSession(full)).filter(([, value]) => value === undefined),
    [],
  );
});
