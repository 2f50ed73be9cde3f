import assert from "node:assert/strict";
import { test } from "node:test";
import { AdminService } from "../src/gen/session/v1/admin_service_pb.js";
import { DenylistService } from "../src/gen/session/v1/denylist_service_pb.js";
import { SessionService } from "../src/gen/session/v1/session_service_pb.js";
import {
  AdminClient,
  AlertStream,
  DenylistClient,
  SessionAuthority,
  ValidationStream,
} from "@session-authority/client";

test("every method of the contract has one of the library", () => {
  // Methods of the contract that have another name here, or an object of their own.
  const named: Record<string, [object, string]> = {
    validateStream: [ValidationStream.prototype, "validate"],
    streamAlerts: [AlertStream.prototype, "next"],
  };
  const services = [
    [SessionService, SessionAuthority.prototype],
    [AdminService, AdminClient.prototype],
    [DenylistService, DenylistClient.prototype],
  ] as const;
  for (const [service, client] of services) {
    for (const { localName } of service.methods) {
      const [owner, name] = named[localName] ?? [client, localName];
      assert.equal(typeof Reflect.get(owner, name), "function", `${service.typeName}.${localName}`);
    }
  }
});
