/**
 * Client of the session authority.
 *
 * - {@link SessionAuthority} is the client.
 * - `@session-authority/client/express` and `@session-authority/client/fastify` protect applications.
 * - `@session-authority/client/session-store` is a session store for authentication libraries.
 *
 * @packageDocumentation
 */
export { AdminClient } from "./admin.js";
export { AlertStream, type AlertItem } from "./alerts.js";
export {
  SessionAuthority,
  type RotatedSession,
  type SessionChanges,
  type UpdateOptions,
  type ValidationRequest,
} from "./client.js";
export type { CallOptions } from "./connection.js";
export type { ConsumeOptions, NotificationHandler } from "./consume.js";
export { DenylistClient } from "./denylist.js";
export {
  CallError,
  ConfigurationError,
  NoVerdict,
  Rejected,
  SessionAuthorityError,
  StepUpRequired,
  type CallFailure,
  type FieldViolation,
  type RejectionDetails,
  type StatusCode,
} from "./errors.js";
export type * from "./gen/types.js";
export { NotificationsClient } from "./notifications.js";
export type { ClientOptions, TlsOptions, VerdictCacheOptions } from "./options.js";
export { SessionToken } from "./token.js";
export { ValidationStream, type ValidationStreamOptions } from "./validation-stream.js";
export type { ValidatedSession, ValidateOptions, Verdict } from "./verdict.js";
export { WebhooksClient } from "./webhooks.js";
