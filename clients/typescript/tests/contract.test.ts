import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { AdminService } from "../src/gen/session/v1/admin_service_pb.js";
import { DenylistService } from "../src/gen/session/v1/denylist_service_pb.js";
import { NotificationService } from "../src/gen/session/v1/notification_service_pb.js";
import { SessionService } from "../src/gen/session/v1/session_service_pb.js";
import { WebhookService } from "../src/gen/session/v1/webhook_service_pb.js";
import {
  AdminClient,
  AlertStream,
  DenylistClient,
  NotificationsClient,
  SessionAuthority,
  ValidationStream,
  WebhooksClient,
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
    [NotificationService, NotificationsClient.prototype],
    [WebhookService, WebhooksClient.prototype],
  ] as const;
  const files = readdirSync(new URL("../src/gen/session/v1", import.meta.url));
  assert.equal(services.length, files.filter((name) => name.endsWith("_service_pb.ts")).length);
  for (const [service, client] of services) {
    for (const { localName } of service.methods) {
      const [owner, name] = named[localName] ?? [client, localName];
      assert.equal(typeof Reflect.get(owner, name), "function", `${service.typeName}.${localName}`);
    }
  }
});
