// Generated from proto/session/v1 by scripts/protoc-gen-plain-types.mjs (`npm run generate`). Do not edit.
import type { JsonObject } from "@bufbuild/protobuf";
import type { SessionToken } from "../token.js";

/** The values of an enum in responses. Values that this release does not know are `UNSPECIFIED`. */
export type Known<T extends string> = T | "UNSPECIFIED";

/**
 * Whether a session is active or has ended.
 */
export type SessionState =
  | "LIVE"
  | "ENDED";

/**
 * Orders of events.
 */
export type EventOrder =
  | "LATEST_FIRST"
  | "RECORDED";

/**
 * Whether an alert was answered.
 */
export type AlertState =
  | "OPEN"
  | "ANSWERED";

/**
 * The state of a node.
 */
export type NodeState =
  | "OK"
  | "DEGRADED"
  | "FAILED";

/**
 * A time window that includes `start` and excludes `end`. At least one of them is required, and
 * `start` must be before `end`.
 */
export interface TimeWindow {
  /**
   * Start of the window, inclusive. If unset, there is no limit.
   */
  start?: Date | undefined;

  /**
   * End of the window, exclusive. If unset, there is no limit.
   */
  end?: Date | undefined;
}

/**
 * A filter of sessions. A session must match every field that is set. An empty filter matches all
 * sessions that the caller may access.
 */
export interface SessionFilter {
  /**
   * Tenant of the session, at most 256 bytes. If empty, every tenant that the caller may access.
   */
  tenantId?: string | undefined;

  /**
   * User of the session, at most 256 bytes. If empty, any user.
   */
  userId?: string | undefined;

  /**
   * `Device.device_id` of the session's device, at most 128 bytes. If empty, any device.
   */
  deviceId?: string | undefined;

  /**
   * Type of the session's device. If unspecified, any type.
   */
  deviceType?: DeviceType | undefined;

  /**
   * Country of the sign-in, two upper-case letters (ISO 3166-1 alpha-2). If empty, any country.
   */
  country?: string | undefined;

  /**
   * Address or CIDR block of the sign-in, IPv4 or IPv6, such as `192.0.2.0/24`. If empty, any
   * address.
   */
  ipRange?: string | undefined;

  /**
   * Number of the autonomous system of the sign-in. If 0, any.
   */
  asn?: number | undefined;

  /**
   * One of the authentication methods of the session, at most 64 bytes. If empty, any method.
   */
  authMethod?: string | undefined;

  /**
   * Name of the session's policy. If empty, any policy.
   */
  policy?: string | undefined;

  /**
   * Window in which the session started. If unset, any time.
   */
  created?: TimeWindow | undefined;

  /**
   * Window in which the session was last active. If unset, any time. The audit database receives
   * activity within about a minute and a half. RevokeWhere reads the activity of each session again
   * before it ends the session; it misses at most the activity on other nodes within the last
   * minute.
   */
  lastActive?: TimeWindow | undefined;

  /**
   * Part of the user agent of the sign-in, in upper or lower case, at most 256 bytes. If empty, any
   * user agent.
   */
  userAgent?: string | undefined;
}

/**
 * A session as recorded in the audit database.
 */
export interface SessionEntry {
  /**
   * Latest state of the session, without its `data`.
   */
  readonly session: Session;

  /**
   * Whether the session is active or has ended.
   */
  readonly state: Known<SessionState>;

  /**
   * Time at which the session ended. Unset if it is active.
   */
  readonly endedAt?: Date | undefined;

  /**
   * Reason why the session ended. Unspecified if it is active.
   */
  readonly endReason: Known<EndReason>;

  /**
   * `reason` of the call that ended the session. Empty if the session is active or the call had
   * none.
   */
  readonly reason: string;

  /**
   * `actor` of the call that ended the session. Empty if the session is active or the call had
   * none.
   */
  readonly actor: string;
}

/**
 * Request message for AdminService.SearchSessions.
 */
export interface SearchSessionsRequest {
  /**
   * Sessions to return. If unset, all sessions that the caller may access.
   */
  filter?: SessionFilter | undefined;

  /**
   * State of the sessions. If unspecified, any state.
   */
  state?: SessionState | undefined;

  /**
   * Reason for which the sessions ended. If unspecified, any reason or none.
   */
  endReason?: EndReason | undefined;

  /**
   * Maximum number of sessions in a page. Values above 200 are reduced to 200. If 0, 50.
   */
  pageSize?: number | undefined;

  /**
   * `next_page_token` of the previous page. If empty, the first page is returned.
   */
  pageToken?: string | undefined;
}

/**
 * Response message for AdminService.SearchSessions.
 */
export interface SearchSessionsResponse {
  /**
   * The matching sessions, latest start first.
   */
  readonly sessions: readonly SessionEntry[];

  /**
   * Token for the next page. Empty if this is the last page.
   */
  readonly nextPageToken: string;

  /**
   * Everything that happened before this time is taken into account. Unset if unknown.
   */
  readonly completeUntil?: Date | undefined;
}

/**
 * Request message for AdminService.ListEvents. An event must match every field that is set.
 */
export interface ListEventsRequest {
  /**
   * Tenant of the event, at most 256 bytes. If empty, every tenant that the caller may access.
   * Events that concern every tenant are returned only to callers that may access every tenant.
   */
  tenantId?: string | undefined;

  /**
   * User of the event, at most 256 bytes. If empty, any user.
   */
  userId?: string | undefined;

  /**
   * Session of the event, 32 characters. If empty, any session.
   */
  sessionId?: string | undefined;

  /**
   * Kinds of events, at most 16. If empty, any kind.
   */
  kinds?: readonly AuditEventKind[] | undefined;

  /**
   * Reason for which a session ended. If unspecified, any event.
   */
  endReason?: EndReason | undefined;

  /**
   * Actor on whose behalf the event was caused, at most 256 bytes. If empty, any actor.
   */
  actor?: string | undefined;

  /**
   * Country of the event, two upper-case letters (ISO 3166-1 alpha-2). If empty, any country.
   */
  country?: string | undefined;

  /**
   * Address or CIDR block of the event, IPv4 or IPv6. If empty, any address.
   */
  ipRange?: string | undefined;

  /**
   * Window in which the event took effect. If unset, any time.
   */
  occurred?: TimeWindow | undefined;

  /**
   * Maximum number of events in a page. Values above 200 are reduced to 200. If 0, 50.
   */
  pageSize?: number | undefined;

  /**
   * `next_page_token` of the previous page, or `resume_token` of any page. If empty, the first page
   * is returned.
   */
  pageToken?: string | undefined;

  /**
   * Order of the events. If unspecified, latest first.
   */
  order?: EventOrder | undefined;

  /**
   * Earliest recording time of the events, by the clock of the audit database. Allowed only in
   * recording order. Without `page_token` the response starts there. With `page_token` it may
   * differ from that of the previous page. If unset, the response starts at the beginning.
   */
  recordedSince?: Date | undefined;
}

/**
 * Response message for AdminService.ListEvents.
 */
export interface ListEventsResponse {
  /**
   * The matching events, in the requested order.
   */
  readonly events: readonly AuditEvent[];

  /**
   * Token for the next page. Empty if this is the last page.
   */
  readonly nextPageToken: string;

  /**
   * Everything that took effect before this time is taken into account; in recording order, once
   * there is no `next_page_token`. Unset if unknown.
   */
  readonly completeUntil?: Date | undefined;

  /**
   * Token to resume after this page. Set only in recording order, and then always. Pass it as
   * `page_token`, with the same filter and at any later time, to get the events that were recorded
   * after this page. It is not valid after a restore of the audit database from a backup: start
   * from the beginning then.
   */
  readonly resumeToken: string;
}

/**
 * Request message for AdminService.GetStats.
 */
export interface GetStatsRequest {
  /**
   * Tenant to count, at most 256 bytes. If empty, every tenant that the caller may access.
   */
  tenantId?: string | undefined;

  /**
   * User to count, at most 256 bytes. If empty, all users.
   */
  userId?: string | undefined;

  /**
   * Window to count, at most 400 days. If its end is unset, now; if its start is unset, 30 days
   * before the end. If the window is unset, the last 30 days.
   */
  window?: TimeWindow | undefined;

  /**
   * Length of a point of `series`: at least 1 minute, and long enough for at most 1,000 points. If
   * unset, 1 day.
   */
  stepMs?: number | undefined;
}

/**
 * Response message for AdminService.GetStats.
 */
export interface GetStatsResponse {
  /**
   * Number of sessions that are active now.
   */
  readonly activeSessions: number;

  /**
   * Number of users with an active session now.
   */
  readonly activeUsers: number;

  /**
   * Number of sessions that started in the window.
   */
  readonly logins: number;

  /**
   * Number of sessions that ended in the window.
   */
  readonly endings: number;

  /**
   * Number of failed sign-ins reported in the window.
   */
  readonly failedLogins: number;

  /**
   * The window in steps, oldest first. The end of the window may cut the last step short.
   */
  readonly series: readonly StatsPoint[];

  /**
   * `logins` by country (ISO 3166-1 alpha-2; empty if unknown), most first, at most 50.
   */
  readonly loginsByCountry: readonly StatsCount[];

  /**
   * `logins` by device type, most first.
   */
  readonly loginsByDeviceType: readonly DeviceTypeCount[];

  /**
   * `logins` by `Device.browser` (empty if unknown), most first, at most 50.
   */
  readonly loginsByBrowser: readonly StatsCount[];

  /**
   * Durations of the sessions that ended in the window: the quantiles 0.5, 0.9 and 0.99. Empty if
   * none ended.
   */
  readonly sessionDurations: readonly DurationQuantile[];

  /**
   * `endings` by reason, most first.
   */
  readonly endingsByReason: readonly EndReasonCount[];

  /**
   * `failed_logins` by kind, most first.
   */
  readonly failedLoginsByKind: readonly AuthEventCount[];

  /**
   * Everything that happened before this time is taken into account. Unset if unknown.
   */
  readonly completeUntil?: Date | undefined;

  /**
   * Number of CALL_REFUSED events in the window. One of them may stand for many calls.
   */
  readonly refusedCallEvents: number;

  /**
   * Number of TOKENS_DENIED events in the window: one for each call that denied JWTs.
   */
  readonly tokenDenials: number;

  /**
   * Number of alerts about events in the window. Findings that were combined into one alert count
   * once, and an alert that was raised again with its answer does not count again.
   */
  readonly alerts: number;

  /**
   * `alerts` by severity, most severe first.
   */
  readonly alertsBySeverity: readonly SeverityCount[];

  /**
   * `alerts` by rule, most first, at most 50.
   */
  readonly alertsByRule: readonly RuleCount[];
}

/**
 * One step of a window.
 */
export interface StatsPoint {
  /**
   * Start of the step.
   */
  readonly start: Date;

  /**
   * Number of sessions that were active at the start of the step.
   */
  readonly activeSessions: number;

  /**
   * Number of sessions that started in the step.
   */
  readonly logins: number;

  /**
   * Number of sessions that ended in the step.
   */
  readonly endings: number;

  /**
   * Number of failed sign-ins reported in the step.
   */
  readonly failedLogins: number;

  /**
   * Number of alerts about events in the step.
   */
  readonly alerts: number;

  /**
   * Number of those of severity HIGH or CRITICAL.
   */
  readonly severeAlerts: number;
}

/**
 * Number of alerts of one severity.
 */
export interface SeverityCount {
  /**
   * The severity.
   */
  readonly severity: Known<Severity>;

  /**
   * Number of alerts.
   */
  readonly count: number;
}

/**
 * Number of alerts of one rule.
 */
export interface RuleCount {
  /**
   * Name of the rule.
   */
  readonly rule: string;

  /**
   * Number of alerts.
   */
  readonly count: number;
}

/**
 * Number of sign-ins with a common attribute.
 */
export interface StatsCount {
  /**
   * Value of the attribute.
   */
  readonly key: string;

  /**
   * Number of sign-ins.
   */
  readonly count: number;
}

/**
 * Number of sign-ins from one type of device.
 */
export interface DeviceTypeCount {
  /**
   * Type of the device.
   */
  readonly type: Known<DeviceType>;

  /**
   * Number of sign-ins.
   */
  readonly count: number;
}

/**
 * A quantile of durations.
 */
export interface DurationQuantile {
  /**
   * The quantile, greater than 0 and less than 1.
   */
  readonly quantile: number;

  /**
   * The duration that this share of all durations does not exceed.
   */
  readonly valueMs: number;
}

/**
 * Number of sessions that ended for one reason.
 */
export interface EndReasonCount {
  /**
   * The reason.
   */
  readonly reason: Known<EndReason>;

  /**
   * Number of sessions.
   */
  readonly count: number;
}

/**
 * Number of failed sign-ins of one kind.
 */
export interface AuthEventCount {
  /**
   * The kind.
   */
  readonly kind: Known<AuthEventKind>;

  /**
   * Number of reports.
   */
  readonly count: number;
}

/**
 * Request message for AdminService.Purge, which applies to all tenants.
 */
export type PurgeRequest = Readonly<Record<string, never>>;

/**
 * Response message for AdminService.Purge.
 */
export interface PurgeResponse {
  /**
   * Number of sessions that this call removed.
   */
  readonly purgedCount: number;
}

/**
 * Request message for AdminService.RevokeWhere.
 */
export interface RevokeWhereRequest {
  /**
   * Required. Active sessions to end. Must have a criterion besides `tenant_id`.
   */
  filter: SessionFilter;

  /**
   * Whether to only count the matching sessions and return a sample, without ending any. False by
   * default.
   */
  dryRun?: boolean | undefined;

  /**
   * Maximum number of matching sessions. If more match, the call ends none and fails with
   * FAILED_PRECONDITION (TOO_MANY_MATCHES), also with `dry_run`. Set it slightly higher than the
   * number that a dry run returned. If 0, there is no limit.
   */
  maxCount?: number | undefined;

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for AdminService.RevokeWhere.
 */
export interface RevokeWhereResponse {
  /**
   * Number of active sessions that matched when the call started.
   */
  readonly matchedCount: number;

  /**
   * Number of sessions that this call has ended so far. Stays less than `matched_count` if some
   * sessions ended for other reasons during the call.
   */
  readonly revokedCount: number;

  /**
   * Up to 20 of the matching sessions, latest start first. Set only in the first message.
   */
  readonly sample: readonly SessionEntry[];

  /**
   * Whether this is the last message.
   */
  readonly done: boolean;

  /**
   * A session that started after this time may have been missed. Unset if unknown.
   */
  readonly completeUntil?: Date | undefined;
}

/**
 * Request message for AdminService.ForgetUser.
 */
export interface ForgetUserRequest {
  /**
   * Tenant of the user, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. The user to erase, 1 to 256 bytes.
   */
  userId: string;

  /**
   * Reason for the audit log, at most 256 bytes. Must not identify the user. If empty, none is
   * recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for AdminService.ForgetUser.
 */
export interface ForgetUserResponse {
  /**
   * Number of active sessions that ended.
   */
  readonly revokedCount: number;

  /**
   * Number of alerts and audit records from which the user was erased, as a whole or in part.
   */
  readonly erasedCount: number;

  /**
   * Records found by this call that remain without the user, and data that the session store
   * retains where this service cannot erase it: with Redis the `append_only_file`, until Redis
   * rewrites it. Empty if nothing remains.
   */
  readonly retained: readonly RetainedRecords[];
}

/**
 * Records that remain after the erasure of their user.
 */
export interface RetainedRecords {
  /**
   * Kind of the records, such as `session_events`.
   */
  readonly kind: string;

  /**
   * Number of records. 0 if unknown.
   */
  readonly count: number;

  /**
   * English sentence: which data remains in the records, and why they are retained.
   */
  readonly reason: string;

  /**
   * Time at which the records will be removed. Unset if no date is set.
   */
  readonly until?: Date | undefined;
}

/**
 * The request of ListCredentials.
 */
export type ListCredentialsRequest = Readonly<Record<string, never>>;

/**
 * The response of ListCredentials.
 */
export interface ListCredentialsResponse {
  /**
   * The credentials, at most 10,000.
   */
  readonly credentials: readonly Credential[];

  /**
   * True if there are more credentials than the response may have.
   */
  readonly isTruncated: boolean;
}

/**
 * A credential of a caller. It contains nothing secret.
 */
export interface Credential {
  /**
   * The name of the caller, 1 to 64 bytes.
   */
  readonly caller: string;

  /**
   * The role of the caller: `issuer`, `validator`, `backend`, `admin`, `alerts` or `metrics`.
   */
  readonly role: string;

  /**
   * The tenants that the caller may act on; empty for every tenant.
   */
  readonly tenants: readonly string[];

  /**
   * The ID of an API key: 16 hexadecimal digits.
   */
  readonly keyId?: string | undefined;

  /**
   * The identity of a client certificate.
   */
  readonly spiffeId?: string | undefined;

  /**
   * Time at which it was created.
   */
  readonly createdAt: Date;

  /**
   * Time at which it expires or expired; not set if it never expires.
   */
  readonly expiresAt: Date;

  /**
   * Time at which it was revoked; not set if it was not.
   */
  readonly revokedAt: Date;

  /**
   * The hour in which it was last used, as far as known: nodes record it about every half minute in the
   * audit database, for `audit.retention`. Without an audit database, only uses on this node since its
   * start count. Not set if no use is known.
   */
  readonly lastUsedAt: Date;
}

/**
 * Request message for AdminService.ListAlerts. An alert must match every field that is set.
 */
export interface ListAlertsRequest {
  /**
   * Tenant of the alert, at most 256 bytes. If empty, every tenant that the caller may access.
   */
  tenantId?: string | undefined;

  /**
   * User whom the alert is about, at most 256 bytes. If empty, any user or none.
   */
  userId?: string | undefined;

  /**
   * Rules, such as `NEW_COUNTRY`, at most 64 of at most 64 bytes. If empty, any rule.
   */
  rules?: readonly string[] | undefined;

  /**
   * Least severity. If unspecified, any severity.
   */
  minSeverity?: Severity | undefined;

  /**
   * Window of `Alert.event_time`. If unset, any time.
   */
  occurred?: TimeWindow | undefined;

  /**
   * Whether the alert was answered. If unspecified, any state.
   */
  state?: AlertState | undefined;

  /**
   * Maximum number of alerts in a page. Values above 200 are reduced to 200. If 0, 50.
   */
  pageSize?: number | undefined;

  /**
   * `next_page_token` of the previous page. If empty, the first page is returned.
   */
  pageToken?: string | undefined;
}

/**
 * Response message for AdminService.ListAlerts.
 */
export interface ListAlertsResponse {
  /**
   * The matching alerts, latest event first.
   */
  readonly alerts: readonly AlertEntry[];

  /**
   * Token for the next page. Empty if this is the last page.
   */
  readonly nextPageToken: string;
}

/**
 * An alert in the archive.
 */
export interface AlertEntry {
  /**
   * The alert, without `cursor`.
   */
  readonly alert: Alert;

  /**
   * Whether the alert was answered.
   */
  readonly state: Known<AlertState>;

  /**
   * The latest answer. Unset if nobody has answered.
   */
  readonly acknowledgement?: AlertAcknowledgement | undefined;
}

/**
 * Request message for AdminService.ListTenants.
 */
export interface ListTenantsRequest {
  /**
   * Time since which sign-ins and alerts are counted. If unset, 24 hours ago. At most 400 days ago.
   */
  since?: Date | undefined;

  /**
   * Maximum number of tenants in a page. Values above 200 are reduced to 200. If 0, 50.
   */
  pageSize?: number | undefined;

  /**
   * `next_page_token` of the previous page. If empty, the first page is returned.
   */
  pageToken?: string | undefined;
}

/**
 * Response message for AdminService.ListTenants.
 */
export interface ListTenantsResponse {
  /**
   * The tenants, in the order of their names.
   */
  readonly tenants: readonly TenantEntry[];

  /**
   * Token for the next page. Empty if this is the last page.
   */
  readonly nextPageToken: string;

  /**
   * Everything that happened before this time is taken into account. Unset if unknown.
   */
  readonly completeUntil?: Date | undefined;
}

/**
 * A tenant with sessions, active or ended.
 */
export interface TenantEntry {
  /**
   * The tenant.
   */
  readonly tenantId: string;

  /**
   * Number of active sessions.
   */
  readonly activeSessions: number;

  /**
   * Number of sign-ins since the requested time.
   */
  readonly logins: number;

  /**
   * Number of alerts since the requested time, by the time of their events.
   */
  readonly alerts: number;
}

/**
 * Request message for AdminService.ListNodes.
 */
export type ListNodesRequest = Readonly<Record<string, never>>;

/**
 * Response message for AdminService.ListNodes.
 */
export interface ListNodesResponse {
  /**
   * The nodes, the one that responds first.
   */
  readonly nodes: readonly NodeEntry[];
}

/**
 * A live node.
 */
export interface NodeEntry {
  /**
   * ID of the node, 16 hexadecimal digits, new with every start. Empty with an embedded store.
   */
  readonly nodeId: string;

  /**
   * Whether this node sent the response.
   */
  readonly isResponder: boolean;

  /**
   * Release of the program, such as `0.1.0`. Empty if unknown.
   */
  readonly release: string;

  /**
   * Time at which the node started. Unset if unknown.
   */
  readonly startedAt?: Date | undefined;

  /**
   * The worst state of its readiness checks.
   */
  readonly state: Known<NodeState>;

  /**
   * Readiness checks that failed, by their names in `/readyz`.
   */
  readonly failedChecks: readonly string[];

  /**
   * Readiness checks that are degraded.
   */
  readonly degradedChecks: readonly string[];

  /**
   * Difference between the clocks of the node and the session store. Unset if unknown.
   */
  readonly clockSkewMs?: number | undefined;

  /**
   * Time since the near cache was last proven fresh; it grows while the node validates no tokens. Unset
   * if the cache is off or not proven.
   */
  readonly leaseAgeMs?: number | undefined;

  /**
   * Number of the 256 buckets whose background work the node does.
   */
  readonly buckets: number;

  /**
   * Number of events in its buckets that are not in the audit database yet.
   */
  readonly pendingEvents: number;

  /**
   * Time at which the oldest of them was written. Unset if no events are pending.
   */
  readonly oldestEvent?: Date | undefined;

  /**
   * Number of alerts in its buckets that are not in the alert stream yet.
   */
  readonly pendingAlerts: number;
}

/**
 * Possible answers to an alert.
 */
export type AlertVerdict =
  | "WAS_ME"
  | "WAS_NOT_ME";

/**
 * Severity of a finding. The numbers 1 to 5 equal `severity_id` of OCSF (Open Cybersecurity Schema
 * Framework) and will not change. A greater number is more severe.
 */
export type Severity =
  | "INFO"
  | "LOW"
  | "MEDIUM"
  | "HIGH"
  | "CRITICAL";

/**
 * Actions in response to a finding.
 */
export type AlertAction =
  | "NONE"
  | "NOTIFY"
  | "THROTTLE"
  | "STEP_UP"
  | "DENY"
  | "REVOKE_SESSION"
  | "REVOKE_USER";

/**
 * Attributes of a sign-in that can be new.
 */
export type NoveltyKind =
  | "COUNTRY"
  | "DEVICE"
  | "NETWORK"
  | "HOUR"
  | "ACCOUNT_USE";

/**
 * A finding of one rule. It contains no token, no hash of a token and no raw user agent. Its e-mail
 * address is personal data: keep it out of logs.
 */
export interface Alert {
  /**
   * Unique ID, a UUID. The same for every delivery of the alert.
   */
  readonly alertId: string;

  /**
   * Position in the alert stream, opaque, at most 256 bytes. Pass it as
   * `StreamAlertsRequest.resume_cursor` to resume after this alert. Empty in the responses of
   * Create and ReportAuthEvent.
   */
  readonly cursor: string;

  /**
   * Tenant of the alert.
   */
  readonly tenantId: string;

  /**
   * Name of the rule, such as `NEW_COUNTRY`, `NEW_DEVICE` or `IMPOSSIBLE_TRAVEL`, at most 64 bytes.
   * An open set: new names may be added.
   */
  readonly rule: string;

  /**
   * Version of the rule, from 1. Incremented whenever the same facts may lead to a different
   * finding.
   */
  readonly ruleVersion: number;

  /**
   * Severity of the finding if it is true.
   */
  readonly severity: Known<Severity>;

  /**
   * Time at which the event occurred.
   */
  readonly eventTime: Date;

  /**
   * Time at which the event was detected.
   */
  readonly detectedTime: Date;

  /**
   * User of the alert. Empty if it does not concern one user.
   */
  readonly userId: string;

  /**
   * Session of the alert. Empty if it does not concern one session.
   */
  readonly sessionId: string;

  /**
   * Device of the alert, as `Device.device_id`. Empty if it does not concern one device, or if the
   * device is unknown.
   */
  readonly deviceId: string;

  /**
   * The observation that raised the alert.
   */
  readonly current: Observation;

  /**
   * The observation with which it was compared. Unset if there was no comparison.
   */
  readonly previous?: Observation | undefined;

  /**
   * Action that the authority took. Always NONE with `audit_only`.
   */
  readonly actionTaken: Known<AlertAction>;

  /**
   * Action that the receiver should take. NONE if no action is recommended.
   */
  readonly actionRecommended: Known<AlertAction>;

  /**
   * Two locations that are too far apart for the time between them.
   */
  readonly travel?: TravelDetail | undefined;

  /**
   * An attribute not seen before for this user.
   */
  readonly novelty?: NoveltyDetail | undefined;

  /**
   * An excessive number of events.
   */
  readonly volume?: VolumeDetail | undefined;

  /**
   * A token that should no longer be in use.
   */
  readonly replay?: ReplayDetail | undefined;

  /**
   * Whether the installation only observes. Otherwise `action_taken` would be `action_recommended`.
   */
  readonly auditOnly: boolean;

  /**
   * English sentence for administrators and analysts. The wording may change.
   */
  readonly reasonAdmin: string;

  /**
   * English sentence for the user, suitable for a notification ("New sign-in from Brazil on Safari
   * on iPhone"). The wording may change. Empty if the user need not be notified.
   */
  readonly reasonUser: string;

  /**
   * MITRE ATT&CK technique IDs, such as `T1110.003`.
   */
  readonly mitreTechniques: readonly string[];

  /**
   * Equal for alerts about the same subject. Within the dedup window of an alert (60 minutes by
   * default), further findings with its key are counted and raise no alert.
   */
  readonly dedupKey: string;

  /**
   * Number of findings that this alert represents, from 1. Includes the findings since the last
   * alert with the same key.
   */
  readonly dedupCount: number;

  /**
   * `AuditEvent.event_id` of the event in which the finding was made. Empty without such an event.
   */
  readonly auditEventId: string;

  /**
   * ID of the group of the alert, at most 64 bytes. Equal for all alerts of one sign-in, so that
   * they can be combined in one message to the user. Empty if the alert does not concern a session.
   */
  readonly groupId: string;

  /**
   * Position of this alert among those with its `group_id`, from 1, in the order of delivery. 0 if
   * unknown, as with alerts of an earlier release.
   */
  readonly groupPosition: number;

  /**
   * Number of alerts with this `group_id`, including those that a filter of the stream excludes.
   * The group is complete with the alert whose `group_position` equals this number. 0 if unknown.
   */
  readonly groupSize: number;

  /**
   * E-mail address that was passed to Create for the session, at most 254 bytes, not verified: for
   * a message to the user. Empty if none was supplied. Removed together with the alert when the
   * user is erased.
   */
  readonly email: string;

  /**
   * If set, another alert was answered with AckAlert, and this one says so. It has its own ID and repeats the other
   * fields of the first one. If it was not the user, it is CRITICAL and `action_taken` states which sessions ended;
   * otherwise it is INFO.
   */
  readonly acknowledgement: AlertAcknowledgement;
}

/**
 * The answer to an alert.
 */
export interface AlertAcknowledgement {
  /**
   * ID of the alert that was answered.
   */
  readonly alertId: string;

  /**
   * The answer.
   */
  readonly verdict: Known<AlertVerdict>;

  /**
   * Time at which it was given.
   */
  readonly acknowledgedAt: Date;

  /**
   * `AckAlertRequest.actor`. Empty if not specified.
   */
  readonly actor: string;
}

/**
 * A client as it was observed at one moment. Its location follows the rules of Location: each of
 * these fields is empty or 0 if it is unknown.
 */
export interface Observation {
  /**
   * Address in its canonical text form. Empty if unknown.
   */
  readonly ip: string;

  /**
   * Name of the organisation that operates the autonomous system `asn`.
   */
  readonly network: string;

  /**
   * Number of the autonomous system that announces the address.
   */
  readonly asn: number;

  /**
   * Country, two upper-case letters (ISO 3166-1 alpha-2).
   */
  readonly country: string;

  /**
   * English name of the city.
   */
  readonly city: string;

  /**
   * Degrees north, -90 to 90. Meaningful only if `accuracy_radius_km` is not 0.
   */
  readonly latitude: number;

  /**
   * Degrees east, -180 to 180. Meaningful only if `accuracy_radius_km` is not 0.
   */
  readonly longitude: number;

  /**
   * Radius in kilometres around the position within which the client probably was. 0 if and only if
   * the position is unknown.
   */
  readonly accuracyRadiusKm: number;

  /**
   * The device, without its `user_agent`. Unset if unknown.
   */
  readonly device?: Device | undefined;

  /**
   * Time at which the client was observed.
   */
  readonly observedAt: Date;
}

/**
 * Distance between `previous` and `current`, and the speed that the user would have needed.
 */
export interface TravelDetail {
  /**
   * Great-circle distance between the two positions, in kilometres.
   */
  readonly distanceKm: number;

  /**
   * `distance_km` less both accuracy radii, at least 0: the distance that is certain.
   */
  readonly effectiveDistanceKm: number;

  /**
   * Time between the two observations.
   */
  readonly elapsedMs: number;

  /**
   * `effective_distance_km` divided by `elapsed`, in kilometres per hour. A time of less than 60
   * seconds counts as 60 seconds.
   */
  readonly speedKmh: number;

  /**
   * Speed above which the rule raises an alert, in kilometres per hour (900 by default).
   */
  readonly maxSpeedKmh: number;

  /**
   * Effective distance below which the rule raises no alert, in kilometres (500 by default).
   */
  readonly minDistanceKm: number;
}

/**
 * A new attribute of a sign-in, and the attributes known before.
 */
export interface NoveltyDetail {
  /**
   * Kind of the new attribute.
   */
  readonly kind: Known<NoveltyKind>;

  /**
   * Value of the new attribute: a country code, a device name, a network, or an hour of the day in
   * UTC (`00` to `23`).
   */
  readonly value: string;

  /**
   * Values of the same kind seen before, most recent first, at most 10.
   */
  readonly knownValues: readonly string[];

  /**
   * Number of sign-ins of the user that were learned from. A small number makes novelty less
   * significant.
   */
  readonly knownLogins: number;

  /**
   * Latest sign-in of the user that was learned from. Unset without such a sign-in.
   */
  readonly previousLoginAt?: Date | undefined;
}

/**
 * Number of events, and the threshold that it reached.
 */
export interface VolumeDetail {
  /**
   * Number of events counted: failures, prompts, sign-ins or revocations, depending on the rule.
   */
  readonly count: number;

  /**
   * Number of events from which the rule raises an alert.
   */
  readonly threshold: number;

  /**
   * Length of the window in which events were counted, ending at `Alert.event_time`.
   */
  readonly windowMs: number;

  /**
   * Number of users concerned. 0 if not counted.
   */
  readonly distinctUsers: number;

  /**
   * Number of client networks, each an IPv4 address or an IPv6 /64. 0 if not counted.
   */
  readonly distinctNetworks: number;

  /**
   * Number of devices. 0 if not counted.
   */
  readonly distinctDevices: number;
}

/**
 * A token that was presented after it had become invalid.
 */
export interface ReplayDetail {
  /**
   * Reason why the token was invalid: TOKEN_REUSED if it had been replaced by Rotate, otherwise the reason
   * for which its session had ended.
   */
  readonly reason: Known<EndReason>;

  /**
   * Time at which the token was replaced, or its session ended.
   */
  readonly invalidSince: Date;

  /**
   * Time at which the token was presented.
   */
  readonly presentedAt: Date;

  /**
   * Number of times that the token was presented after it had become invalid, including this one.
   */
  readonly presentedCount: number;
}

/**
 * Confirms that the stream is alive, and reports its position.
 */
export interface Heartbeat {
  /**
   * Position up to which every alert that passes the filters has been sent. Resume from it as from
   * the cursor of an alert.
   */
  readonly cursor: string;

  /**
   * Time of the server.
   */
  readonly at: Date;
}

/**
 * Reports that alerts between two positions were not sent.
 */
export interface Gap {
  /**
   * Last position before the gap. Empty if unknown.
   */
  readonly fromCursor: string;

  /**
   * Position at which the stream continues.
   */
  readonly toCursor: string;

  /**
   * Reason for the gap. An open set: treat an unknown reason like `expired`.
   *
   * - `expired`: the alerts are no longer retained, not in the audit database either. The stream
   *   continues after `to_cursor`.
   * - `rewound`: the store lost its latest writes. The stream continues from an earlier position
   *   and repeats alerts that were already delivered.
   * - `unreadable`: this release cannot read the alerts. A call to a newer release that resumes
   *   from `from_cursor` receives them.
   * - `slow_consumer`: the client fell too far behind or read nothing for some time. The stream
   *   ends. A call that resumes from `from_cursor` receives the alerts.
   */
  readonly reason: string;
}

/**
 * Kinds of audit events.
 */
export type AuditEventKind =
  | "SESSION_CREATED"
  | "SESSION_UPDATED"
  | "SESSION_ROTATED"
  | "SESSION_ENDED"
  | "REVOKED_ALL"
  | "AUTH_FAILED"
  | "TOKENS_DENIED"
  | "CALL_REFUSED"
  | "USER_FORGOTTEN"
  | "ALERT_ACKNOWLEDGED"
  | "WEBHOOK_CHANGED";

/**
 * An event of the audit log. It never changes after it was recorded, unless ForgetUser erases a
 * user from it.
 */
export interface AuditEvent {
  /**
   * Unique ID, a UUID. The same change always has the same ID.
   */
  readonly eventId: string;

  /**
   * Kind of the event.
   */
  readonly kind: Known<AuditEventKind>;

  /**
   * Tenant of the event. Empty if it concerns every tenant.
   */
  readonly tenantId: string;

  /**
   * User of the event. Empty if it does not concern one user, or if the user was erased.
   */
  readonly userId: string;

  /**
   * Session of the event. Empty if it does not concern one session.
   */
  readonly sessionId: string;

  /**
   * Time at which the event took effect.
   */
  readonly occurredAt: Date;

  /**
   * Time at which the audit database received the event.
   */
  readonly recordedAt: Date;

  /**
   * For SESSION_ENDED, the reason for which the session ended. Otherwise unspecified.
   */
  readonly endReason: Known<EndReason>;

  /**
   * For AUTH_FAILED, the kind of the failure. Otherwise unspecified.
   */
  readonly authEventKind: Known<AuthEventKind>;

  /**
   * `reason` of the call that caused the event, at most 256 bytes. Empty if not specified.
   */
  readonly reason: string;

  /**
   * `actor` of the call that caused the event, at most 256 bytes: on whose behalf the caller acted.
   * `session-authority` if no call caused it, as with an expiry. Empty if not specified.
   */
  readonly actor: string;

  /**
   * Name of the caller, as this authority authenticated it. Empty if no call caused the event, as
   * with an expiry.
   */
  readonly caller: string;

  /**
   * `x-request-id` of the call. Empty if no call caused the event.
   */
  readonly requestId: string;

  /**
   * Device of the session, or of the attempt, at that time. It has no user agent; SearchSessions
   * returns that. `first_seen` is known for as long as the audit retains the session. Unset if
   * unknown.
   */
  readonly device?: Device | undefined;

  /**
   * Location of the session, or of the attempt, at that time. It has no position; SearchSessions
   * returns that. Unset if unknown.
   */
  readonly location?: Location | undefined;

  /**
   * Policy of the session.
   */
  readonly policy: string;

  /**
   * Authentication methods of the user. For AUTH_FAILED, the method that failed.
   */
  readonly authMethods: readonly string[];

  /**
   * Assurance level of the session, 0 to 100.
   */
  readonly assuranceLevel: number;

  /**
   * Revision of the session after the event. 0 if the event does not concern one session.
   */
  readonly revision: number;

  /**
   * For SESSION_UPDATED, the fields of the update mask, and `token` if the token was replaced. Their
   * values are not stored.
   */
  readonly changedFields: readonly string[];

  /**
   * For REVOKED_ALL, the `operation_id` of the call. Empty if not specified.
   */
  readonly operationId: string;

  /**
   * For TOKENS_DENIED, the JWTs that the call denied, or whose denial it extended, 1 to 200. Each is
   * `sha256:` and a digest, or with `DenyRequest.record_jtis` `jti:` and the ID. The digest is the
   * first 16 bytes of SHA-256(tenant, a zero byte, ID), in hexadecimal. If the call failed with
   * PARTLY_APPLIED or DENYLIST_FULL, some of them may not have been denied.
   */
  readonly deniedTokens: readonly string[];

  /**
   * For ALERT_ACKNOWLEDGED, the alert that was answered. Otherwise empty.
   */
  readonly alertId: string;

  /**
   * For ALERT_ACKNOWLEDGED, the answer. Otherwise unspecified.
   */
  readonly alertVerdict: Known<AlertVerdict>;

  /**
   * For WEBHOOK_CHANGED, the name of the webhook. Otherwise empty.
   */
  readonly webhook: string;

  /**
   * For WEBHOOK_CHANGED, what was done: `added`, `updated`, `removed`, `enabled`, `disabled` or
   * `replayed`. Otherwise empty.
   */
  readonly webhookAction: string;
}

/**
 * Kinds of failed or rejected authentication.
 */
export type AuthEventKind =
  | "PASSWORD_FAILED"
  | "MFA_FAILED"
  | "MFA_DENIED"
  | "MFA_EXPIRED"
  | "UNKNOWN_USER"
  | "LOCKED_OUT";

/**
 * Request message for DenylistService.Deny.
 */
export interface DenyRequest {
  /**
   * Tenant of the IDs, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. The JWTs to deny, 1 to 200.
   */
  tokens: readonly DeniedToken[];

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;

  /**
   * Record the IDs in the audit log, at most 8 KiB in total. By default only their digests are
   * recorded. ForgetUser does not erase recorded IDs, so they must not identify a person.
   */
  recordJtis?: boolean | undefined;
}

/**
 * A JWT to deny.
 */
export interface DeniedToken {
  /**
   * Required. ID of the JWT, claim `jti`, 1 to 256 bytes.
   */
  jti: string;

  /**
   * Required. When the JWT expires, claim `exp`, at most 400 days from now. Add the clock tolerance
   * of the services that accept the JWT.
   */
  expiresAt: Date;
}

/**
 * Response message for DenylistService.Deny. The counts add up to the number of IDs in the request.
 */
export interface DenyResponse {
  /**
   * Number of IDs that this call denied, or whose denial it extended.
   */
  readonly deniedCount: number;

  /**
   * Number of IDs that were already denied, for at least as long.
   */
  readonly alreadyDeniedCount: number;

  /**
   * Number of IDs whose JWT has expired. They are not stored.
   */
  readonly expiredCount: number;
}

/**
 * Request message for DenylistService.Check.
 */
export interface CheckRequest {
  /**
   * Tenant of the IDs, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. IDs to look up, claim `jti`, 1 to 200, of 1 to 256 bytes each.
   */
  jtis: readonly string[];

  /**
   * How recent the verdicts must be. If unset, BOUNDED.
   */
  consistency?: Consistency | undefined;
}

/**
 * Response message for DenylistService.Check.
 */
export interface CheckResponse {
  /**
   * One verdict for each ID, in the order of the request.
   */
  readonly verdicts: readonly DenylistVerdict[];

  /**
   * Time as of which the verdicts hold. They include every denial that was acknowledged before it.
   */
  readonly asOf: Date;

  /**
   * Source of the verdicts: CACHE if all of them are from memory, else STORE.
   */
  readonly source: Known<Source>;
}

/**
 * Whether one JWT is denied.
 */
export interface DenylistVerdict {
  /**
   * ID of the JWT.
   */
  readonly jti: string;

  /**
   * Whether the JWT is denied and must not be accepted.
   */
  readonly denied: boolean;

  /**
   * Time at which the denial ends, because the JWT has expired by then. Unset if not denied.
   */
  readonly expiresAt?: Date | undefined;
}

/**
 * Reasons for failed calls. Every failed call has a `google.rpc.ErrorInfo` in its status details.
 * Its `domain` is `session.v1`, and its `reason` is the name of one of these values without
 * `ERROR_REASON_`, for example `SESSION_NOT_FOUND`. Each value always comes with the status code
 * given here. New values may be added: treat an unknown one according to its status code.
 *
 * A call has changed nothing if it failed with INVALID_ARGUMENT, UNAUTHENTICATED,
 * PERMISSION_DENIED, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE,
 * RESOURCE_EXHAUSTED or UNIMPLEMENTED. With any other code it may have changed something. A stream
 * is an exception: the responses that it returned before it failed remain valid, and so do their
 * changes, whatever the code. The error of RevokeWhere has the metadata `revoked_count`. Each
 * method documents whether it is idempotent.
 */
export type ErrorReason =
  | "INVALID_FIELD"
  | "CALLER_UNAUTHENTICATED"
  | "CALLER_NOT_ALLOWED"
  | "SESSION_NOT_FOUND"
  | "REVISION_CONFLICT"
  | "REQUEST_ID_REUSED"
  | "REQUEST_SESSION_ENDED"
  | "SESSION_LIMIT_REACHED"
  | "AUTHENTICATION_REVOKED"
  | "TOO_MANY_MATCHES"
  | "AUDIT_DISABLED"
  | "STORE_UNAVAILABLE"
  | "AUDIT_UNAVAILABLE"
  | "PARTLY_APPLIED"
  | "SHUTTING_DOWN"
  | "OVERLOADED"
  | "AUDIT_BACKLOG_FULL"
  | "SLOW_CONSUMER"
  | "METHOD_NOT_SERVED"
  | "INTERNAL"
  | "DEADLINE_EXCEEDED"
  | "MESSAGE_TOO_LARGE"
  | "MALFORMED_REQUEST"
  | "COMPRESSION_NOT_SUPPORTED"
  | "CLOCK_SKEWED"
  | "STORE_NOT_BOUND"
  | "AUDIT_WENT_BACK"
  | "TOKEN_KEY_MISSING"
  | "CALLER_SHARE_USED"
  | "LOGIN_QUEUE_FULL"
  | "REQUEST_NOT_RECEIVED"
  | "CALLER_RATE_EXCEEDED"
  | "DENYLIST_FULL"
  | "ALERT_NOT_FOUND"
  | "ALERT_WITHOUT_USER"
  | "ALERT_ALREADY_ANSWERED"
  | "NOTIFICATIONS_DISABLED"
  | "ALERT_LINK_INVALID"
  | "ALERT_LINK_EXPIRED"
  | "WEBHOOK_NOT_FOUND"
  | "WEBHOOK_ALREADY_EXISTS"
  | "WEBHOOK_IN_CONFIGURATION"
  | "TOO_MANY_WEBHOOKS";

/**
 * Request message for NotificationService.Lease.
 */
export interface LeaseRequest {
  /**
   * Tenant of the notifications, at most 256 bytes. If empty, every tenant that the caller may
   * access.
   */
  tenantId?: string | undefined;

  /**
   * Number of notifications, 1 to 100. If 0, 10.
   */
  maxNotifications?: number | undefined;

  /**
   * Time after which a notification without an acknowledgement is leased again: 1 second to 12
   * hours. If unset, 1 minute. Use more than the delivery of all notifications of the lease takes.
   */
  visibilityTimeoutMs?: number | undefined;
}

/**
 * Response message for NotificationService.Lease.
 */
export interface LeaseResponse {
  /**
   * The leased notifications, in no particular order.
   */
  readonly notifications: readonly Notification[];

  /**
   * The lease, opaque, at most 64 bytes. Pass it to Ack and Extend.
   */
  readonly leaseId: string;

  /**
   * Time at which the lease ends, by the clock of the audit database.
   */
  readonly leasedUntil: Date;
}

/**
 * One message to one user, about one sign-in or one other event.
 */
export interface Notification {
  /**
   * Unique ID, a UUID. The same for every delivery of the notification.
   */
  readonly notificationId: string;

  /**
   * Tenant of the user.
   */
  readonly tenantId: string;

  /**
   * The user.
   */
  readonly userId: string;

  /**
   * The address: `notify.email` of Create, otherwise `email`. Empty if neither was stated, and for
   * findings about no session: look up the address of the user then.
   */
  readonly email: string;

  /**
   * `notify.locale` of Create. Empty if it was not stated.
   */
  readonly locale: string;

  /**
   * Language of `subject` and `text`, a tag of BCP 47: the best match for `locale`.
   */
  readonly language: string;

  /**
   * Subject line, without line breaks.
   */
  readonly subject: string;

  /**
   * The message as plain text, with line breaks. It names all findings and has the links.
   */
  readonly text: string;

  /**
   * Highest severity of the findings.
   */
  readonly severity: Known<Severity>;

  /**
   * The findings, at least one.
   */
  readonly findings: readonly NotificationFinding[];

  /**
   * Device of the sign-in or of the event. Unset if unknown.
   */
  readonly device?: Device | undefined;

  /**
   * Place of the sign-in or of the event.
   */
  readonly location: Location;

  /**
   * Time at which it happened.
   */
  readonly eventTime: Date;

  /**
   * The strongest response of the service: whether it ended sessions or demanded a step-up.
   */
  readonly actionTaken: Known<AlertAction>;

  /**
   * Links by which the user answers. Unset if `alerts.link_url` is not set, or if there is nothing to
   * answer.
   */
  readonly links?: NotificationLinks | undefined;

  /**
   * Number of leases of the notification, including this one, since it was queued or put back into
   * the queue. Above 1, it may have been delivered before.
   */
  readonly attempt: number;

  /**
   * Time at which the notification is discarded.
   */
  readonly expiresAt: Date;
}

/**
 * A finding of a notification.
 */
export interface NotificationFinding {
  /**
   * ID of the alert.
   */
  readonly alertId: string;

  /**
   * Name of the rule. An open set: new names may be added.
   */
  readonly rule: string;

  /**
   * Severity of the finding.
   */
  readonly severity: Known<Severity>;

  /**
   * The finding for the user, one sentence in the language of the notification.
   */
  readonly text: string;
}

/**
 * Links by which a user answers an alert. Each works once, and shows a page that asks for a
 * confirmation. Anyone who has a link can use it: send it to the user and nobody else.
 */
export interface NotificationLinks {
  /**
   * The user did it.
   */
  readonly wasMe: string;

  /**
   * Somebody else did it. The session of the alert ends.
   */
  readonly wasNotMe: string;

  /**
   * Time at which the links expire, 24 hours after the lease began.
   */
  readonly expiresAt: Date;
}

/**
 * Request message for NotificationService.Ack.
 */
export interface AckRequest {
  /**
   * Required. The lease.
   */
  leaseId: string;

  /**
   * Required. The notifications, 1 to 100.
   */
  notificationIds: readonly string[];
}

/**
 * Response message for NotificationService.Ack.
 */
export interface AckResponse {
  /**
   * Notifications that are acknowledged, now or before.
   */
  readonly acknowledgedIds: readonly string[];

  /**
   * Notifications that the lease does not hold.
   */
  readonly refusedIds: readonly string[];
}

/**
 * Request message for NotificationService.Extend.
 */
export interface ExtendRequest {
  /**
   * Required. The lease.
   */
  leaseId: string;

  /**
   * Required. The notifications, 1 to 100.
   */
  notificationIds: readonly string[];

  /**
   * Required. Time from now until the lease of these notifications ends, 0 to 12 hours.
   */
  visibilityTimeoutMs: number;
}

/**
 * Response message for NotificationService.Extend.
 */
export interface ExtendResponse {
  /**
   * Notifications whose lease was changed.
   */
  readonly extendedIds: readonly string[];

  /**
   * Notifications that the lease does not hold.
   */
  readonly refusedIds: readonly string[];

  /**
   * Time at which the lease of `extended_ids` ends.
   */
  readonly leasedUntil: Date;
}

/**
 * Request message for NotificationService.GetQueueStats.
 */
export interface GetQueueStatsRequest {
  /**
   * Tenant of the notifications, at most 256 bytes. If empty, every tenant that the caller may
   * access.
   */
  tenantId?: string | undefined;
}

/**
 * Response message for NotificationService.GetQueueStats.
 */
export interface GetQueueStatsResponse {
  /**
   * Notifications that can be leased now, or that wait for further findings of their sign-in.
   */
  readonly waitingCount: number;

  /**
   * Notifications under a lease.
   */
  readonly leasedCount: number;

  /**
   * Notifications that are leased no more, because too many leases ended without an acknowledgement.
   */
  readonly deadCount: number;

  /**
   * Time at which the oldest waiting or leased notification was queued. Unset if no notification
   * waits or is leased.
   */
  readonly oldestQueuedAt?: Date | undefined;

  /**
   * Dead notifications, latest first, at most 100.
   */
  readonly dead: readonly DeadNotification[];
}

/**
 * A notification that could not be delivered.
 */
export interface DeadNotification {
  /**
   * ID of the notification.
   */
  readonly notificationId: string;

  /**
   * Tenant of the user.
   */
  readonly tenantId: string;

  /**
   * The user.
   */
  readonly userId: string;

  /**
   * Number of leases.
   */
  readonly attempts: number;

  /**
   * Time at which the notification was queued, or last put back into the queue.
   */
  readonly queuedAt: Date;
}

/**
 * Request message for NotificationService.Requeue. Either `notification_ids` or `all` is required.
 */
export interface RequeueRequest {
  /**
   * Tenant of the notifications, at most 256 bytes. If empty, every tenant that the caller may
   * access.
   */
  tenantId?: string | undefined;

  /**
   * The dead notifications to put back, at most 100.
   */
  notificationIds?: readonly string[] | undefined;

  /**
   * Put all dead notifications back.
   */
  all?: boolean | undefined;
}

/**
 * Response message for NotificationService.Requeue.
 */
export interface RequeueResponse {
  /**
   * Number of notifications that were put back.
   */
  readonly requeuedCount: number;

  /**
   * Number of notifications that are still dead. With `all`, call again until it is 0.
   */
  readonly deadCount: number;
}

/**
 * Request message for NotificationService.AnswerLink.
 */
export interface AnswerLinkRequest {
  /**
   * Required. The token of the link, at most 256 bytes.
   */
  token: SessionToken | string;

  /**
   * Whether the token is only checked, and nothing is answered. False by default.
   */
  validateOnly?: boolean | undefined;
}

/**
 * Response message for NotificationService.AnswerLink.
 */
export interface AnswerLinkResponse {
  /**
   * The answer that the link gives.
   */
  readonly verdict: Known<AlertVerdict>;

  /**
   * Whether the alert already had this answer. Not determined with `validate_only`.
   */
  readonly alreadyAnswered: boolean;

  /**
   * The sessions that the answer ended, now or when it was first given.
   */
  readonly sessionIds: readonly string[];
}

/**
 * Types of devices.
 */
export type DeviceType =
  | "MOBILE"
  | "TABLET"
  | "DESKTOP"
  | "OTHER";

/**
 * Reasons for which a session ends. A session ends once: the first reason is final.
 */
export type EndReason =
  | "REVOKED"
  | "REVOKED_ALL"
  | "EVICTED"
  | "REPLACED"
  | "IDLE_TIMEOUT"
  | "EXPIRED"
  | "TOKEN_REUSED"
  | "HIJACK_SUSPECTED"
  | "SIGNED_OUT";

/**
 * Reasons for which a token is rejected.
 *
 * - 1 to 9: the token belongs to no known session.
 * - 11 to 29: the session has ended, for the EndReason of the same name. Ended sessions are
 *   remembered for 24 hours, the latest 64 of a user, and are UNKNOWN after that.
 * - 31 and above: the session is active, but this request may not use it.
 */
export type RejectReason =
  | "MALFORMED"
  | "UNKNOWN"
  | "REVOKED"
  | "REVOKED_ALL"
  | "EVICTED"
  | "REPLACED"
  | "IDLE_TIMEOUT"
  | "EXPIRED"
  | "TOKEN_REUSED"
  | "HIJACK_SUSPECTED"
  | "SIGNED_OUT"
  | "IP_MISMATCH"
  | "DEVICE_MISMATCH"
  | "STEP_UP_REQUIRED"
  | "ROTATION_REQUIRED"
  | "TOKEN_ROTATED";

/**
 * A sign-in of one user on one device. A Session contains no secret and does not authenticate its
 * user.
 */
export interface Session {
  /**
   * Public ID of the session: 32 lower-case base32 characters. It never changes, not even when the
   * token is rotated, and gives no access.
   *
   * The ID is safe to log as a pseudonym. The first 19 characters are the same for all sessions of
   * one user of one tenant, and different for every other user. This includes sign-ins under the
   * same user ID after ForgetUser. They show that sessions belong to the same user, but not to
   * which user: they can be neither computed nor reversed without the secret of the installation.
   * The other characters are random. Where such a pseudonym counts as personal data, treat logged
   * IDs like other records about the user.
   */
  readonly sessionId: string;

  /**
   * Tenant of the user, 1 to 256 bytes.
   */
  readonly tenantId: string;

  /**
   * User ID within the tenant, 1 to 256 bytes.
   */
  readonly userId: string;

  /**
   * E-mail address as supplied by the caller, at most 254 bytes. Not verified. Empty if none was
   * supplied.
   */
  readonly email: string;

  /**
   * Roles as supplied by the caller: at most 64, of 1 to 128 bytes each. Not interpreted.
   */
  readonly roles: readonly string[];

  /**
   * Free-form data of the application: at most 4 KiB in protobuf encoding, at most 16 levels deep,
   * finite numbers only. Unset if the session has none.
   */
  readonly data?: JsonObject | undefined;

  /**
   * Device that signed in, as seen by Create.
   */
  readonly device: Device;

  /**
   * Location of the sign-in, as seen by Create. Later activity does not change it. Unset if neither
   * an address nor a country was supplied.
   */
  readonly location?: Location | undefined;

  /**
   * When Create started the session, by the clock of the store. Later than every earlier revocation
   * of its user, of its tenant or of everyone.
   */
  readonly createdAt: Date;

  /**
   * Time at which the user last authenticated. Changed only by Update.
   */
  readonly authenticatedAt: Date;

  /**
   * Time at which the session was last used. Exact on the node on which it was used. On other nodes it may
   * lag by a twentieth of the idle timeout, at least 1 second and at most 60 seconds.
   */
  readonly lastActiveAt: Date;

  /**
   * Time at which the session ends unless it is used before. Never later than `expires_at`, and equal to it
   * if there is no idle timeout. Activity that is not yet written to the store counts. An idle
   * session may therefore last up to 66 seconds longer, except under a strict policy (such as PCI
   * and AAL3).
   */
  readonly idleExpiresAt: Date;

  /**
   * Absolute deadline: the session ends then, regardless of its use.
   */
  readonly expiresAt: Date;

  /**
   * Assurance level of the authentication, 0 to 100. By convention, 1 to 3 are the assurance levels
   * of NIST SP 800-63B. 0 if not specified.
   */
  readonly assuranceLevel: number;

  /**
   * Number of the current revision: 1 after Create, incremented by each Update and Rotate. Use of
   * the session does not change it. `UpdateRequest.if_revision` is compared with it.
   */
  readonly revision: number;

  /**
   * Authentication methods, preferably as named by RFC 8176 (`pwd`, `otp`, `hwk`): at most 16, of 1
   * to 64 bytes each.
   */
  readonly authMethods: readonly string[];

  /**
   * Name of the policy that determined the lifetimes of the session and the session limit.
   */
  readonly policy: string;

  /**
   * Whether the session has the longer lifetime of a remembered device.
   */
  readonly remembered: boolean;

  /**
   * Whether `ListRequest.current_session_id` is the ID of this session. Set only in the response of
   * List; false otherwise.
   */
  readonly current: boolean;

  /**
   * Client that used the session last, as Validate saw it. Unset if it is the one that signed in, or
   * if callers of Validate state no clients. Stored within seconds of the first use by another
   * client. Set only in responses of Get and List.
   */
  readonly lastSeen?: LastSeenClient | undefined;
}

/**
 * Client that used a session last. It is not the one that signed in.
 */
export interface LastSeenClient {
  /**
   * Time at which this client first used the session after another one. `Session.last_active_at` is the time
   * of the latest use.
   */
  readonly since: Date;

  /**
   * Location of this client.
   */
  readonly location: Location;

  /**
   * Device of this client.
   */
  readonly device: Device;
}

/**
 * Device of a session, as described by the caller and by its user agent.
 */
export interface Device {
  /**
   * ID of the device as supplied by the caller, or derived from the user agent if the caller
   * supplied none; at most 128 bytes. Only an ID that the caller supplied makes a new sign-in
   * replace an older one, because two devices of the same make have the same derived ID.
   */
  readonly deviceId: string;

  /**
   * Display name, such as "Safari on iPhone". Never empty: "Unknown device" if nothing is known.
   */
  readonly name: string;

  /**
   * Type of the device.
   */
  readonly type: Known<DeviceType>;

  /**
   * Browser or client program, without its version, such as "Safari". Empty if unknown.
   */
  readonly browser: string;

  /**
   * Operating system, without its version, such as "iOS". Empty if unknown.
   */
  readonly os: string;

  /**
   * User agent as sent by the client, without control characters, truncated to 1 KiB. Empty in
   * alerts and in audit events.
   */
  readonly userAgent: string;

  /**
   * Whether none of the user's remembered sign-ins was on this device at Create; true for a first
   * sign-in. Devices are remembered for 30 days and 20 sign-ins. False if the installation
   * remembers no sign-ins.
   */
  readonly firstSeen: boolean;
}

/**
 * Location derived from an IP address. It is an area, not a point. A field is empty or 0 if it is
 * unknown. Private addresses have no location.
 */
export interface Location {
  /**
   * Address in its canonical text form. An IPv4-mapped IPv6 address is shown as IPv4.
   */
  readonly ip: string;

  /**
   * Country, two upper-case letters (ISO 3166-1 alpha-2).
   */
  readonly country: string;

  /**
   * English name of the first-level subdivision (state, province).
   */
  readonly region: string;

  /**
   * English name of the city.
   */
  readonly city: string;

  /**
   * Degrees north, -90 to 90. Meaningful only if `accuracy_radius_km` is not 0.
   */
  readonly latitude: number;

  /**
   * Degrees east, -180 to 180. Meaningful only if `accuracy_radius_km` is not 0.
   */
  readonly longitude: number;

  /**
   * Radius in kilometres around the position within which the client probably is. 0 if and only if
   * the position is unknown. If the GeoIP database has no radius, 200 for a location with a city
   * and 1000 without.
   */
  readonly accuracyRadiusKm: number;

  /**
   * Number of the autonomous system that announces the address.
   */
  readonly asn: number;

  /**
   * Name of the organisation that operates the autonomous system `asn`.
   */
  readonly network: string;
}

/**
 * Attributes of the caller's own client, the user's device, as seen by the caller. Every field may
 * be empty. An empty field cannot be checked, displayed or used to detect theft. In fields that a
 * browser controls (`user_agent`, `accept_language`, `accept_encoding`, `device_id`), bytes that
 * are not UTF-8 are read as `?`.
 */
export interface ClientContext {
  /**
   * Address of the client, IPv4 or IPv6, without port or zone. Not the address of an intermediate
   * proxy.
   */
  ip?: string | undefined;

  /**
   * The `User-Agent` header. Truncated to 1 KiB.
   */
  userAgent?: string | undefined;

  /**
   * The `Accept-Language` header. Truncated to 256 bytes.
   */
  acceptLanguage?: string | undefined;

  /**
   * The `Accept-Encoding` header. Truncated to 256 bytes.
   */
  acceptEncoding?: string | undefined;

  /**
   * ID that the caller stores on the device, such as a long-lived cookie, at most 128 bytes without
   * control characters. A browser can send anything here. An ID that violates these limits is
   * therefore ignored instead of being an error, and `Session.device.device_id` differs from it. If
   * empty or ignored, an ID is derived from the user agent.
   */
  deviceId?: string | undefined;

  /**
   * Country as determined by the caller's edge network, two letters (ISO 3166-1 alpha-2). Used only
   * if the GeoIP databases of this service have no country for the address. Codes that name no
   * country, such as `XX` (unknown) and `T1` (Tor), are ignored.
   */
  country?: string | undefined;
}

/**
 * A session that has ended.
 */
export interface EndedSession {
  /**
   * ID of the session.
   */
  readonly sessionId: string;

  /**
   * Reason for which the session ended.
   */
  readonly reason: Known<EndReason>;

  /**
   * `Device.name` of the session, to show the user which device was signed out.
   */
  readonly deviceName: string;
}

/**
 * Why a token is rejected. A caller that does not present the right token, or has no access to its
 * tenant, learns nothing about the session: the reason is then MALFORMED or UNKNOWN, and every
 * field other than `message` is unset.
 */
export interface Rejection {
  /**
   * Reason of the rejection.
   */
  readonly reason: Known<RejectReason>;

  /**
   * One English sentence for display, the same for every rejection with this `reason`. The wording
   * may change: use `reason` for decisions.
   */
  readonly message: string;

  /**
   * Time at which the session ended. Unset if it has not ended.
   */
  readonly endedAt?: Date | undefined;

  /**
   * Who ended the session: the `actor` of the call, or `session-authority` if no call requested the
   * end. Empty if the call had no `actor`, or if the session has not ended.
   */
  readonly actor: string;

  /**
   * The session to which the token belongs or belonged.
   */
  readonly sessionId: string;

  /**
   * For STEP_UP_REQUIRED, the required assurance level, which the session does not have. 0 if the
   * level is sufficient.
   */
  readonly requiredAssuranceLevel: number;

  /**
   * For STEP_UP_REQUIRED, the maximum age of the authentication, which the session exceeds. Unset
   * if the age is acceptable.
   */
  readonly requiredMaxAuthAgeMs?: number | undefined;

  /**
   * Why the session ended, in the words of the call that ended it (`RevokeRequest.reason` and the
   * like). Show it to the user only if your callers write it for users. Empty if the call had no
   * reason, if no call requested the end, or if the session has not ended.
   */
  readonly statedReason: string;
}

/**
 * Maximum staleness of a verdict.
 */
export type Consistency =
  | "BOUNDED"
  | "STRONG";

/**
 * Whether a validation counts as activity of the user.
 */
export type Activity =
  | "TOUCH"
  | "PEEK";

/**
 * Source of a verdict.
 */
export type Source =
  | "CACHE"
  | "STORE"
  | "TOKEN";

/**
 * Request message for SessionService.Create.
 */
export interface CreateRequest {
  /**
   * Tenant of the user, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. The user ID, 1 to 256 bytes. Use an ID that is never reassigned to another person.
   */
  userId: string;

  /**
   * E-mail address for display and notifications, at most 254 bytes. If empty, the session has
   * none.
   */
  email?: string | undefined;

  /**
   * Roles of the user, at most 64, of 1 to 128 bytes each. If empty, the session has none. All
   * fields of a session together, including roles, `data`, device and location, are limited to 8
   * KiB.
   */
  roles?: readonly string[] | undefined;

  /**
   * Free-form data of the session: at most 4 KiB in protobuf encoding, at most 16 levels deep,
   * finite numbers only. If unset, the session has none.
   */
  data?: JsonObject | undefined;

  /**
   * The device that signs in. If unset, the device is unknown: the session has no device ID and no
   * location.
   */
  client?: ClientContext | undefined;

  /**
   * Whether the longer lifetimes of the policy for remembered devices apply. False by default.
   */
  remember?: boolean | undefined;

  /**
   * Time from now until the absolute deadline: at least 1 second, at most the lifetime of the
   * policy. If unset, the lifetime of the policy (in the policy `default` 30 days, or 90 if
   * remembered).
   */
  lifetimeMs?: number | undefined;

  /**
   * Time without activity after which the session ends: at least 1 second, at most the idle timeout
   * of the policy. If unset, the idle timeout of the policy (in the policy `default` 4 hours, or 30
   * days if remembered).
   */
  idleTimeoutMs?: number | undefined;

  /**
   * Name of a policy of the installation. It also determines how many sessions the user may have,
   * and what happens at that limit. If empty, `default`.
   */
  policy?: string | undefined;

  /**
   * Authentication methods of the user, preferably as named by RFC 8176 (`pwd`, `otp`, `hwk`): at
   * most 16, of 1 to 64 bytes each. If empty, the session has none.
   */
  authMethods?: readonly string[] | undefined;

  /**
   * Assurance level of the authentication, 0 to 100. By convention, 1 to 3 are the assurance levels
   * of NIST SP 800-63B. If 0, not specified.
   */
  assuranceLevel?: number | undefined;

  /**
   * Time at which the credentials were checked: at most 90 days ago (`sessions.max_authentication_age`) and
   * not in the future. Up to 5 seconds in the future are allowed for clock differences and count as
   * now. If unset, now.
   *
   * Set it: only then does a RevokeAll of the user, the tenant or everyone that runs between the
   * check and this call also stop this session. The time must be later than the latest such
   * revocation, compared in milliseconds. A whole second, such as `auth_time` of OpenID Connect,
   * stands for all of that second. A user who signs in again right after a revocation is therefore
   * not rejected. Specify milliseconds for an exact comparison.
   */
  authenticatedAt?: Date | undefined;

  /**
   * Idempotency key of this call, at most 128 bytes, unique among the caller's keys for this user;
   * a random UUID is suitable. It is remembered for 24 hours, among the user's latest 64. If empty,
   * a repeated call creates another session.
   */
  requestId?: string | undefined;

  /**
   * Whether the session continues one that was started elsewhere, for example when an installation
   * migrates its sessions here, so that the user does not sign in now. Detection then evaluates no
   * rule, raises no alert and learns nothing about the user. Everything else applies as usual,
   * including the session limit. False by default.
   */
  migrated?: boolean | undefined;

  /**
   * Where and in which language the user is notified of findings about this session. If unset, the
   * address is `email` and the language is English.
   */
  notify?: NotificationContact | undefined;
}

/**
 * The address and the language of notifications to a user. It is stored with the session and with
 * the findings about it, and returned only by NotificationService.Lease.
 */
export interface NotificationContact {
  /**
   * E-mail address, at most 254 bytes. If empty, `CreateRequest.email`.
   */
  readonly email: string;

  /**
   * Language, as a language tag of BCP 47 such as `de` or `pt-BR`, at most 35 bytes. If empty, or
   * if there are no texts in the language, English.
   */
  readonly locale: string;
}

/**
 * Response message for SessionService.Create.
 */
export interface CreateResponse {
  /**
   * The secret token of the session, for the user's device and nobody else. Opaque text of at most
   * 128 characters that starts with `sa_` and is safe in a cookie or header. Never log it.
   */
  readonly token: SessionToken;

  /**
   * The new session.
   */
  readonly session: Session;

  /**
   * Sessions of the user that were replaced or evicted by the new session.
   */
  readonly ended: readonly EndedSession[];

  /**
   * Alerts about this sign-in. StreamAlerts delivers the same alerts.
   */
  readonly alerts: readonly Alert[];
}

/**
 * Request message for SessionService.Validate.
 */
export interface ValidateRequest {
  /**
   * The token as sent by the client, without a scheme such as `Bearer`. Text of any form and length
   * gets a verdict. So do bytes that are not UTF-8, if a client library sends them.
   */
  token?: SessionToken | string | undefined;

  /**
   * The client that sent the token. If unset, the client is unknown: a policy that binds sessions to
   * an address or device does not check it, and the alert about a token that was rotated out lacks
   * it.
   */
  client?: ClientContext | undefined;

  /**
   * Maximum staleness of the verdict. If unspecified, BOUNDED.
   */
  consistency?: Consistency | undefined;

  /**
   * Whether the validation counts as activity. If unspecified, TOUCH.
   */
  activity?: Activity | undefined;

  /**
   * Maximum age of the user's authentication; an older one is rejected as STEP_UP_REQUIRED. Greater
   * than 0, in milliseconds, rounded up. If unset, any age is accepted.
   */
  maxAuthAgeMs?: number | undefined;

  /**
   * Minimum assurance level, 0 to 100; a lower one is rejected as STEP_UP_REQUIRED. If 0, any level
   * is accepted.
   */
  minAssuranceLevel?: number | undefined;
}

/**
 * Response message for SessionService.Validate.
 */
export interface ValidateResponse {
  /**
   * The session that the token opens.
   */
  readonly session?: Session | undefined;

  /**
   * The token opens no session, or not for this request.
   */
  readonly rejection?: Rejection | undefined;

  /**
   * Source of the verdict.
   */
  readonly source: Known<Source>;

  /**
   * Time as of which the verdict holds. It includes every revocation that was acknowledged before
   * that time.
   */
  readonly asOf: Date;

  /**
   * How long the caller may reuse the verdict for the same token and requirements. A revocation
   * during that time is not seen. If unset or 0, not at all. This release always returns 0.
   */
  readonly cacheTtlMs?: number | undefined;

  /**
   * When to call Rotate with this token: the policy of the session limits the age of tokens, or a
   * newer token has replaced this one already. From that time on, a policy that requires rotation
   * rejects the token as ROTATION_REQUIRED. If unset, the token need not be rotated.
   */
  readonly rotateAfter?: Date | undefined;
}

/**
 * Response message for SessionService.Update.
 */
export interface UpdateResponse {
  /**
   * The updated session.
   */
  readonly session: Session;

  /**
   * With `rotate`, the new token, to be handled like `CreateResponse.token`. Empty otherwise.
   */
  readonly token?: SessionToken | undefined;
}

/**
 * Request message for SessionService.Rotate.
 */
export interface RotateRequest {
  /**
   * The token of the session, or the previous one. Text of any form and length gets a verdict.
   */
  token?: SessionToken | string | undefined;

  /**
   * The client that sent the token, for the alert if the token was rotated out. If unset, the client
   * is unknown.
   */
  client?: ClientContext | undefined;
}

/**
 * Response message for SessionService.Rotate.
 */
export interface RotateResponse {
  /**
   * The new token, to be handled like `CreateResponse.token`. Empty with a rejection.
   */
  readonly token?: SessionToken | undefined;

  /**
   * The session that the new token opens.
   */
  readonly session?: Session | undefined;

  /**
   * The token in the request opens no session. There is no new token.
   */
  readonly rejection?: Rejection | undefined;
}

/**
 * Request message for SessionService.Get.
 */
export interface GetRequest {
  /**
   * Required. The session, 32 characters.
   */
  sessionId: string;

  /**
   * Tenant of the user, at most 256 bytes. If empty, `default` if `user_id` is set, otherwise every
   * tenant that the caller may access.
   */
  tenantId?: string | undefined;

  /**
   * The user to whom the session must belong, at most 256 bytes. If empty, any user. A back end that
   * acts for a signed-in user must set it, so that nobody can see another user's session.
   */
  userId?: string | undefined;
}

/**
 * Response message for SessionService.Get.
 */
export interface GetResponse {
  /**
   * The session.
   */
  readonly session: Session;
}

/**
 * Request message for SessionService.Touch.
 */
export interface TouchRequest {
  /**
   * Required. The uses of sessions, 1 to 1000. If a session is named more than once, the latest time
   * counts.
   */
  touches: readonly SessionTouch[];
}

/**
 * A use of a session.
 */
export interface SessionTouch {
  /**
   * Required. The session, 32 characters.
   */
  sessionId: string;

  /**
   * Required. When the session was used: not in the future. Up to 5 seconds in the future are
   * allowed for clock differences and count as now.
   */
  usedAt: Date;
}

/**
 * Response message for SessionService.Touch.
 */
export interface TouchResponse {
  /**
   * The sessions, in the order of `TouchRequest.touches`.
   */
  readonly sessions: readonly TouchedSession[];
}

/**
 * The state of a session after its activity was recorded.
 */
export interface TouchedSession {
  /**
   * The session.
   */
  readonly sessionId: string;

  /**
   * Whether the session is active.
   */
  readonly active: boolean;

  /**
   * Time at which the session was last active, which may be later than the given time. Unset if it is not
   * active.
   */
  readonly lastActiveAt?: Date | undefined;

  /**
   * Time at which the session ends without further activity. Unset if it is not active.
   */
  readonly idleExpiresAt?: Date | undefined;
}

/**
 * Request message for SessionService.List.
 */
export interface ListRequest {
  /**
   * Tenant of the user, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. The user ID, 1 to 256 bytes.
   */
  userId: string;

  /**
   * The session to mark as `current`, 32 characters. If it is empty or not a session of the user,
   * none is marked.
   */
  currentSessionId?: string | undefined;
}

/**
 * Response message for SessionService.List.
 */
export interface ListResponse {
  /**
   * The active sessions of the user, most recently active first. At most 256.
   */
  readonly sessions: readonly Session[];
}

/**
 * Request message for SessionService.Revoke.
 */
export interface RevokeRequest {
  /**
   * Tenant of the user, at most 256 bytes. If empty, `default` if `user_id` is set, otherwise every
   * tenant that the caller may access.
   */
  tenantId?: string | undefined;

  /**
   * The user to whom the session must belong, 1 to 256 bytes. Required with `device_id`. If empty,
   * any user. A back end that acts for a signed-in user must set it, so that nobody can end another
   * user's session.
   */
  userId?: string | undefined;

  /**
   * The session with this ID, 32 characters.
   */
  sessionId?: string | undefined;

  /**
   * The session that this token opens. Text of any form and length.
   */
  token?: SessionToken | string | undefined;

  /**
   * Every session of the user on the device with this `Device.device_id`, 1 to 128 bytes.
   */
  deviceId?: string | undefined;

  /**
   * Reason for the revocation, at most 256 bytes. It is stored in the audit log, and returned to
   * callers that validate the token of an ended session (`Rejection.stated_reason`). If empty, none
   * is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, such as the name of an administrator, at most 256 bytes. It is
   * stored in the audit log in addition to the caller's own identity, and returned to callers that
   * validate the token of an ended session (`Rejection.actor`). If empty, none is recorded.
   */
  actor?: string | undefined;

  /**
   * Whether the user signs out of the session. It then ends as SIGNED_OUT, unlike sessions that
   * somebody else ended, or that the user ended from another device. If false, which is the
   * default, the session ends as REVOKED.
   */
  signOut?: boolean | undefined;

  /**
   * Whether somebody other than the user had signed in. Detection then forgets, in the same step,
   * what it learned about the user from these sessions: a country, device or network that their
   * sign-ins introduced is new again, and what was known before remains. Alerts about the user that
   * would count as repeats are raised again. For a session that has already ended, use RevokeAll
   * with `compromised`. Cannot be combined with `sign_out`. False by default.
   */
  compromised?: boolean | undefined;
}

/**
 * Response message for SessionService.Revoke.
 */
export interface RevokeResponse {
  /**
   * Whether this call ended a session.
   */
  readonly revoked: boolean;

  /**
   * The sessions that this call ended. More than one only with `device_id`.
   */
  readonly sessionIds: readonly string[];
}

/**
 * Request message for SessionService.RevokeAll.
 */
export interface RevokeAllRequest {
  /**
   * The sessions of one user.
   */
  user?: UserScope | undefined;

  /**
   * The sessions of one tenant.
   */
  tenant?: TenantScope | undefined;

  /**
   * The sessions of everyone, in all tenants.
   */
  everyone?: Everyone | undefined;

  /**
   * A session of the user to keep, 32 characters. Only allowed with `user`. If empty, or if it is
   * not an active session, none is kept. The ID of another user's session is INVALID_ARGUMENT.
   */
  exceptSessionId?: string | undefined;

  /**
   * A token whose session to keep. Only allowed with `user`, and cannot be combined with
   * `except_session_id`. If empty, or if its session is not active, none is kept. A value that is
   * not a token of this authority, or is a token of another user, is INVALID_ARGUMENT.
   */
  exceptToken?: SessionToken | string | undefined;

  /**
   * Reason for the revocation, at most 256 bytes, as in `RevokeRequest.reason`. If empty, none is
   * recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;

  /**
   * Idempotency key of this revocation, at most 128 bytes, unique among the caller's keys within
   * its scope; a random UUID is suitable. It is remembered for 24 hours: for a user among the
   * user's latest 64, for a tenant or everyone among the latest 256 of that tenant or of everyone.
   * If empty, a repeated call is another revocation.
   */
  operationId?: string | undefined;

  /**
   * Whether somebody other than the user had signed in. In the same step, detection discards
   * sign-ins of the user that raised an alert less than 24 hours ago. Alerts that would count as
   * repeats are raised again. What was known of the user before remains. To forget what one session
   * introduced, end that session with `RevokeRequest.compromised` first. Only allowed with `user`.
   * False by default.
   */
  compromised?: boolean | undefined;
}

/**
 * One user.
 */
export interface UserScope {
  /**
   * Tenant of the user, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. The user ID, 1 to 256 bytes.
   */
  userId: string;
}

/**
 * All users of one tenant.
 */
export interface TenantScope {
  /**
   * Required. The tenant, 1 to 256 bytes. An empty value does not mean `default` here.
   */
  tenantId: string;
}

/**
 * All users of all tenants.
 */
export type Everyone = Readonly<Record<string, never>>;

/**
 * Response message for SessionService.RevokeAll.
 */
export interface RevokeAllResponse {
  /**
   * Number of sessions that this call ended. Always 0 for a tenant and for everyone.
   */
  readonly revokedCount: number;

  /**
   * The sessions that this call ended, at most 256. Always empty for a tenant and for everyone.
   */
  readonly sessionIds: readonly string[];
}

/**
 * Request message for SessionService.ReportAuthEvent.
 */
export interface ReportAuthEventRequest {
  /**
   * Tenant of the attempt, at most 256 bytes. If empty, `default`.
   */
  tenantId?: string | undefined;

  /**
   * Required. The user ID, 1 to 256 bytes. For UNKNOWN_USER, the name that was tried or,
   * preferably, a hash of it, because people sometimes type their password there.
   */
  userId: string;

  /**
   * Required. Kind of the event.
   */
  kind: AuthEventKind;

  /**
   * The client of the attempt. If unset, the client is unknown, and nothing is counted for its
   * network.
   */
  client?: ClientContext | undefined;

  /**
   * Authentication method that failed, preferably as named by RFC 8176, at most 64 bytes. If empty,
   * not specified.
   */
  method?: string | undefined;

  /**
   * Time at which the event occurred: at most 1 hour ago and not in the future. Up to 5 seconds in the
   * future are allowed for clock differences. If unset, now.
   */
  occurredAt?: Date | undefined;
}

/**
 * Response message for SessionService.ReportAuthEvent.
 */
export interface ReportAuthEventResponse {
  /**
   * Whether to reject further attempts on this user, or from this client's network, until
   * `retry_after` has passed. This is a recommendation; the service does not enforce it.
   */
  readonly throttle: boolean;

  /**
   * How long to reject attempts. Unset if they need not be rejected.
   */
  readonly retryAfterMs?: number | undefined;

  /**
   * Number of failures of this user in the last 15 minutes, including this one.
   */
  readonly recentFailures: number;

  /**
   * Alerts about this event. StreamAlerts delivers the same alerts.
   */
  readonly alerts: readonly Alert[];
}

/**
 * Request message for SessionService.StreamAlerts. An alert must pass every filter.
 */
export interface StreamAlertsRequest {
  /**
   * Returns only alerts of this tenant, at most 256 bytes. If empty, of every tenant that the
   * caller may access.
   */
  tenantId?: string | undefined;

  /**
   * Returns only alerts about this user, at most 256 bytes. If empty, about all users.
   */
  userId?: string | undefined;

  /**
   * Returns only alerts of these rules, at most 64 names of 1 to 64 bytes each. An unknown name
   * matches nothing. If empty, of all rules.
   */
  rules?: readonly string[] | undefined;

  /**
   * Returns only alerts of at least this severity. If unspecified, INFO, which includes all alerts.
   */
  minSeverity?: Severity | undefined;

  /**
   * Starts after this cursor, taken from an Alert, a Heartbeat or a Gap, at most 256 bytes. Filters
   * may differ from those of the earlier call. If empty, the stream starts with alerts raised from
   * now on.
   */
  resumeCursor?: string | undefined;

  /**
   * Whether to start with the oldest alert that is retained, in the session store or in the audit
   * database. Cannot be combined with `resume_cursor`. False by default.
   */
  fromStart?: boolean | undefined;
}

/**
 * Request message for SessionService.AckAlert.
 */
export interface AckAlertRequest {
  /**
   * Required. The alert, `Alert.alert_id`. The ID of an alert that says how another one was answered
   * stands for that one.
   */
  alertId: string;

  /**
   * Required. The answer.
   */
  verdict: AlertVerdict;

  /**
   * Whether WAS_NOT_ME ends every session of the user, and not only that of the alert. Sign-ins that
   * were authenticated before are then refused, as after RevokeAll. False by default.
   */
  revokeAll?: boolean | undefined;

  /**
   * Tenant of the alert, at most 256 bytes. If empty, `default` if `user_id` is set, otherwise every
   * tenant that the caller may access.
   */
  tenantId?: string | undefined;

  /**
   * The user whom the alert must be about, 1 to 256 bytes. If empty, any user. A back end that acts
   * for a signed-in user must set it, so that nobody can answer another user's alert.
   */
  userId?: string | undefined;

  /**
   * Reason for the audit log, at most 256 bytes, as in `RevokeRequest.reason`. If empty, none is
   * recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for SessionService.AckAlert.
 */
export interface AckAlertResponse {
  /**
   * The sessions that the answer ended, now or when it was first given. At most 256.
   */
  readonly sessionIds: readonly string[];

  /**
   * Whether the same answer was given before, so that this call changed nothing.
   */
  readonly alreadyAcknowledged: boolean;
}

/**
 * The form of the messages to an endpoint.
 */
export type WebhookFormat =
  | "JSON"
  | "CAEP_SET"
  | "OCSF";

/**
 * The state of deliveries to an endpoint.
 */
export type WebhookState =
  | "ACTIVE"
  | "FAILING"
  | "DISABLED";

/**
 * The settings of an endpoint.
 */
export interface Webhook {
  /**
   * Required. Name of the endpoint, 1 to 64 lower-case letters, digits and hyphens.
   */
  readonly name: string;

  /**
   * Required. `https://` URL, at most 2,048 bytes, without credentials and fragment. With
   * `allow_private_addresses`, `http://` is accepted for hosts on loopback.
   */
  readonly url: string;

  /**
   * Form of the messages. If unspecified, JSON.
   */
  readonly format: Known<WebhookFormat>;

  /**
   * Types of the messages to send, such as `session.revoked` and `alert.raised`. If empty, all.
   */
  readonly eventTypes: readonly string[];

  /**
   * Tenants whose events are sent, at most 100, each at most 256 bytes. If empty, all.
   */
  readonly tenantIds: readonly string[];

  /**
   * Permit addresses that are not public: private networks, loopback, link-local. By default messages
   * are sent to public addresses only, whatever the host resolves to.
   */
  readonly allowPrivateAddresses: boolean;

  /**
   * Include IP addresses in messages. By default they are left out.
   */
  readonly includeIp: boolean;

  /**
   * For CAEP_SET, the claim `aud`, at most 256 bytes. If empty, the origin of the URL.
   */
  readonly audience: string;
}

/**
 * An endpoint with its progress.
 */
export interface WebhookEntry {
  /**
   * Settings of the endpoint.
   */
  readonly webhook: Webhook;

  /**
   * Whether the endpoint is in the configuration. It cannot be updated or removed here.
   */
  readonly configured: boolean;

  /**
   * State of deliveries.
   */
  readonly state: Known<WebhookState>;

  /**
   * Time up to which everything that was recorded is delivered, or waits for another attempt. Unset
   * until the endpoint is registered, a moment after it was configured.
   */
  readonly caughtUpAt?: Date | undefined;

  /**
   * Time since `caught_up_at`.
   */
  readonly lagMs: number;

  /**
   * Number of messages that wait for another attempt.
   */
  readonly pendingCount: number;

  /**
   * Number of messages that were given up.
   */
  readonly deadLetterCount: number;

  /**
   * Number of attempts that failed since the last success.
   */
  readonly consecutiveFailures: number;

  /**
   * Time of the last attempt. Unset if there was none.
   */
  readonly lastAttemptAt?: Date | undefined;

  /**
   * Time of the last delivery. Unset if there was none.
   */
  readonly lastSuccessAt?: Date | undefined;

  /**
   * HTTP status of the last attempt. 0 if there was no response.
   */
  readonly lastStatus: number;

  /**
   * Error of the last attempt, without anything that the endpoint sent. Empty after a delivery.
   */
  readonly lastError: string;

  /**
   * Time until which nothing is sent, because the endpoint asked for a pause or keeps failing. Unset if
   * there is no pause.
   */
  readonly pausedUntil?: Date | undefined;

  /**
   * Why the endpoint is disabled. Empty if it is not.
   */
  readonly disabledReason: string;

  /**
   * Time at which the endpoint was disabled. Unset if it is not.
   */
  readonly disabledAt?: Date | undefined;

  /**
   * Time at which the endpoint was added. Unset for an endpoint of the configuration.
   */
  readonly createdAt?: Date | undefined;

  /**
   * When its settings were last changed. Unset for an endpoint of the configuration.
   */
  readonly updatedAt?: Date | undefined;

  /**
   * The replay in progress. Unset if no replay is running.
   */
  readonly replay?: WebhookReplay | undefined;
}

/**
 * A replay of everything that was recorded since a time.
 */
export interface WebhookReplay {
  /**
   * Time since which messages are sent again.
   */
  readonly recordedSince: Date;

  /**
   * Time at which it was requested. What is delivered for the first time afterwards is not part of it.
   */
  readonly requestedAt: Date;

  /**
   * Number of messages that were sent again so far.
   */
  readonly sentCount: number;
}

/**
 * Request message for WebhookService.ListWebhooks.
 */
export type ListWebhooksRequest = Readonly<Record<string, never>>;

/**
 * Response message for WebhookService.ListWebhooks.
 */
export interface ListWebhooksResponse {
  /**
   * The endpoints, by name.
   */
  readonly webhooks: readonly WebhookEntry[];
}

/**
 * Request message for WebhookService.AddWebhook.
 */
export interface AddWebhookRequest {
  /**
   * Required. Settings of the endpoint.
   */
  webhook: Webhook;

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for WebhookService.AddWebhook.
 */
export interface AddWebhookResponse {
  /**
   * Secret that signs the messages: `whsec_` and base64 of 32 bytes. It is not returned again.
   */
  readonly secret: string;
}

/**
 * Request message for WebhookService.UpdateWebhook.
 */
export interface UpdateWebhookRequest {
  /**
   * Required. New settings of the endpoint of this name, which replace all of the present ones.
   */
  webhook: Webhook;

  /**
   * Generate another secret. For 24 hours messages are signed with both.
   */
  rotateSecret?: boolean | undefined;

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for WebhookService.UpdateWebhook.
 */
export interface UpdateWebhookResponse {
  /**
   * New secret. Empty unless `rotate_secret` was set. It is not returned again.
   */
  readonly secret: string;

  /**
   * Time until which messages are also signed with the secret before. Unset unless `rotate_secret` was
   * set.
   */
  readonly previousSecretUntil?: Date | undefined;
}

/**
 * Request message for WebhookService.RemoveWebhook.
 */
export interface RemoveWebhookRequest {
  /**
   * Required. Name of the endpoint.
   */
  name: string;

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for WebhookService.RemoveWebhook.
 */
export type RemoveWebhookResponse = Readonly<Record<string, never>>;

/**
 * Request message for WebhookService.TestWebhook.
 */
export interface TestWebhookRequest {
  /**
   * Required. Name of the endpoint.
   */
  name: string;
}

/**
 * Response message for WebhookService.TestWebhook.
 */
export interface TestWebhookResponse {
  /**
   * Whether the endpoint accepted the message.
   */
  readonly delivered: boolean;

  /**
   * HTTP status of the response. 0 if there was none.
   */
  readonly status: number;

  /**
   * Why the message was not delivered, without anything that the endpoint sent. Empty if it was.
   */
  readonly error: string;

  /**
   * `webhook-id` of the message.
   */
  readonly messageId: string;

  /**
   * Time from the resolution of the host to the response.
   */
  readonly elapsedMs: number;
}

/**
 * Request message for WebhookService.EnableWebhook.
 */
export interface EnableWebhookRequest {
  /**
   * Required. Name of the endpoint.
   */
  name: string;

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;
}

/**
 * Response message for WebhookService.EnableWebhook.
 */
export type EnableWebhookResponse = Readonly<Record<string, never>>;

/**
 * Request message for WebhookService.ListDeadLetters.
 */
export interface ListDeadLettersRequest {
  /**
   * Name of the endpoint. If empty, all.
   */
  name?: string | undefined;

  /**
   * Maximum number of dead letters in the page, 1 to 500. If 0, 100.
   */
  pageSize?: number | undefined;

  /**
   * `next_page_token` of the page before. If empty, the first page.
   */
  pageToken?: string | undefined;
}

/**
 * A message that was given up.
 */
export interface DeadLetter {
  /**
   * Name of the endpoint.
   */
  readonly webhook: string;

  /**
   * ID of the message: that of the event or of the alert.
   */
  readonly messageId: string;

  /**
   * Type of the message.
   */
  readonly eventType: string;

  /**
   * Time at which the event happened.
   */
  readonly occurredAt: Date;

  /**
   * Time at which the first attempt failed, or when the message was last replayed.
   */
  readonly queuedAt: Date;

  /**
   * Number of attempts since then.
   */
  readonly attempts: number;

  /**
   * HTTP status of the last attempt. 0 if there was no response.
   */
  readonly lastStatus: number;

  /**
   * Error of the last attempt, without anything that the endpoint sent.
   */
  readonly lastError: string;
}

/**
 * Response message for WebhookService.ListDeadLetters.
 */
export interface ListDeadLettersResponse {
  /**
   * The dead letters, by endpoint and ID.
   */
  readonly deadLetters: readonly DeadLetter[];

  /**
   * Token for the next page. Empty on the last page.
   */
  readonly nextPageToken: string;
}

/**
 * Request message for WebhookService.ReplayWebhook. One of `message_ids`, `occurred` and
 * `recorded_since` is required.
 */
export interface ReplayWebhookRequest {
  /**
   * Required. Name of the endpoint.
   */
  name: string;

  /**
   * IDs of the dead letters to send again, at most 200.
   */
  messageIds?: readonly string[] | undefined;

  /**
   * Window in which the events of the dead letters happened.
   */
  occurred?: TimeWindow | undefined;

  /**
   * Reason for the audit log, at most 256 bytes. If empty, none is recorded.
   */
  reason?: string | undefined;

  /**
   * On whose behalf the caller acts, at most 256 bytes, as in `RevokeRequest.actor`. If empty, none
   * is recorded.
   */
  actor?: string | undefined;

  /**
   * Send everything again that was recorded at this time or later, also what was delivered. Alerts
   * count by the time of their event.
   */
  recordedSince?: Date | undefined;
}

/**
 * Response message for WebhookService.ReplayWebhook.
 */
export interface ReplayWebhookResponse {
  /**
   * Number of dead letters that will be sent again. 0 with `recorded_since`, for which
   * `WebhookEntry.replay` has the progress.
   */
  readonly replayedCount: number;
}
