import {
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type DescService,
  type MessageShape,
} from "@bufbuild/protobuf";
import { AdminService } from "./gen/session/v1/admin_service_pb.js";
import { DenylistService } from "./gen/session/v1/denylist_service_pb.js";
import { NotificationService } from "./gen/session/v1/notification_service_pb.js";
import { SessionService } from "./gen/session/v1/session_service_pb.js";
import { WebhookService } from "./gen/session/v1/webhook_service_pb.js";

/** A method of the contract as grpc-js calls it. */
export interface Method<I extends DescMessage = DescMessage, O extends DescMessage = DescMessage> {
  readonly name: string;
  readonly path: string;
  readonly input: I;
  readonly output: O;
  /** Whether a call may be sent again after UNAVAILABLE: a repeat has the effect of one call. */
  readonly isRepeatable: boolean;
  readonly timeout: "validate" | "call" | "admin";
  readonly serialize: (message: MessageShape<I>) => Buffer;
  readonly deserialize: (bytes: Buffer) => MessageShape<O>;
}

// Update increments the revision, ReportAuthEvent counts, and the streams have helpers of their own that resume. Each
// Lease leases other notifications, some calls of webhooks generate secrets or send messages, and the counts of Requeue
// and ReplayWebhook would be those of the repeat.
const NOT_REPEATABLE: ReadonlySet<DescMethod> = new Set<DescMethod>([
  SessionService.method.update,
  SessionService.method.reportAuthEvent,
  SessionService.method.validateStream,
  SessionService.method.streamAlerts,
  AdminService.method.revokeWhere,
  NotificationService.method.lease,
  NotificationService.method.requeue,
  WebhookService.method.addWebhook,
  WebhookService.method.updateWebhook,
  WebhookService.method.removeWebhook,
  WebhookService.method.testWebhook,
  WebhookService.method.replayWebhook,
]);

// They use the audit database, which takes longer.
const AUDIT_SERVICES: ReadonlySet<DescService> = new Set<DescService>([
  AdminService,
  NotificationService,
  WebhookService,
]);

function defineMethod<I extends DescMessage, O extends DescMessage>(
  service: DescService,
  method: DescMethod & { readonly input: I; readonly output: O },
): Method<I, O> {
  return {
    name: method.name,
    path: `/${service.typeName}/${method.name}`,
    input: method.input,
    output: method.output,
    isRepeatable: !NOT_REPEATABLE.has(method),
    timeout: AUDIT_SERVICES.has(service)
      ? "admin"
      : method.name === SessionService.method.validate.name
        ? "validate"
        : "call",
    serialize: (message) => {
      const bytes = toBinary(method.input, message);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    deserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** Every method of the contract. */
export const methods = {
  create: defineMethod(SessionService, SessionService.method.create),
  validate: defineMethod(SessionService, SessionService.method.validate),
  validateStream: defineMethod(SessionService, SessionService.method.validateStream),
  update: defineMethod(SessionService, SessionService.method.update),
  rotate: defineMethod(SessionService, SessionService.method.rotate),
  get: defineMethod(SessionService, SessionService.method.get),
  touch: defineMethod(SessionService, SessionService.method.touch),
  list: defineMethod(SessionService, SessionService.method.list),
  revoke: defineMethod(SessionService, SessionService.method.revoke),
  revokeAll: defineMethod(SessionService, SessionService.method.revokeAll),
  reportAuthEvent: defineMethod(SessionService, SessionService.method.reportAuthEvent),
  ackAlert: defineMethod(SessionService, SessionService.method.ackAlert),
  streamAlerts: defineMethod(SessionService, SessionService.method.streamAlerts),
  searchSessions: defineMethod(AdminService, AdminService.method.searchSessions),
  listEvents: defineMethod(AdminService, AdminService.method.listEvents),
  listAlerts: defineMethod(AdminService, AdminService.method.listAlerts),
  listTenants: defineMethod(AdminService, AdminService.method.listTenants),
  listNodes: defineMethod(AdminService, AdminService.method.listNodes),
  getStats: defineMethod(AdminService, AdminService.method.getStats),
  purge: defineMethod(AdminService, AdminService.method.purge),
  revokeWhere: defineMethod(AdminService, AdminService.method.revokeWhere),
  forgetUser: defineMethod(AdminService, AdminService.method.forgetUser),
  listCredentials: defineMethod(AdminService, AdminService.method.listCredentials),
  deny: defineMethod(DenylistService, DenylistService.method.deny),
  check: defineMethod(DenylistService, DenylistService.method.check),
  lease: defineMethod(NotificationService, NotificationService.method.lease),
  ack: defineMethod(NotificationService, NotificationService.method.ack),
  extend: defineMethod(NotificationService, NotificationService.method.extend),
  answerLink: defineMethod(NotificationService, NotificationService.method.answerLink),
  getQueueStats: defineMethod(NotificationService, NotificationService.method.getQueueStats),
  requeue: defineMethod(NotificationService, NotificationService.method.requeue),
  listWebhooks: defineMethod(WebhookService, WebhookService.method.listWebhooks),
  addWebhook: defineMethod(WebhookService, WebhookService.method.addWebhook),
  updateWebhook: defineMethod(WebhookService, WebhookService.method.updateWebhook),
  removeWebhook: defineMethod(WebhookService, WebhookService.method.removeWebhook),
  testWebhook: defineMethod(WebhookService, WebhookService.method.testWebhook),
  enableWebhook: defineMethod(WebhookService, WebhookService.method.enableWebhook),
  listDeadLetters: defineMethod(WebhookService, WebhookService.method.listDeadLetters),
  replayWebhook: defineMethod(WebhookService, WebhookService.method.replayWebhook),
} as const;
