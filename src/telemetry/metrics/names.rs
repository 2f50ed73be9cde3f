//! What the metrics are called. Each but the last begins with [`PREFIX`] and an underscore; counters
//! get `_total` at their end.

pub(super) const PREFIX: &str = "session_authority";

pub(super) const BUILD: &str = "build";
pub(super) const CALLS: &str = "grpc_calls";
pub(super) const CALL_DURATION: &str = "grpc_call_duration_seconds";
pub(super) const CALLS_IN_FLIGHT: &str = "grpc_calls_in_flight";
pub(super) const AUTH_FAILURES: &str = "caller_auth_failures";
pub(super) const CALLER_RELOADS: &str = "caller_reloads";
pub(super) const SESSIONS_CREATED: &str = "sessions_created";
pub(super) const SESSIONS_ENDED: &str = "sessions_ended";
pub(super) const VALIDATIONS: &str = "validations";
pub(super) const REJECTIONS: &str = "validation_rejections";
pub(super) const TOUCHES: &str = "touches";
pub(super) const SESSIONS_FOLLOWED: &str = "touches_followed_sessions";
pub(super) const BUCKETS_SWEPT: &str = "swept_buckets";
pub(super) const ALERTS_RAISED: &str = "alerts_raised";
pub(super) const NOT_EVALUATED: &str = "detection_not_evaluated";
pub(super) const HISTORY_CONFLICTS: &str = "detection_history_conflicts";
pub(super) const STORE_DURATION: &str = "store_call_duration_seconds";
pub(super) const STORE_FAILURES: &str = "store_call_failures";
pub(super) const OUTBOX_EVENTS: &str = "outbox_events";
pub(super) const OUTBOX_AGE: &str = "outbox_oldest_event_age_seconds";
pub(super) const RELAY_EVENTS: &str = "audit_relay_events";
pub(super) const RELAY_SET_ASIDE: &str = "audit_relay_set_aside_events";
pub(super) const RELAY_FAILING: &str = "audit_relay_failing";
pub(super) const GEO_LOOKUPS: &str = "geo_lookups";
pub(super) const GEO_RELOADS: &str = "geo_database_reloads";
pub(super) const GEO_DATABASES: &str = "geo_databases";
pub(super) const GEO_BUILT: &str = "geo_database_build_time_seconds";
pub(super) const ALERT_SUBSCRIBERS: &str = "alert_subscribers";
pub(super) const ALERTS_DELIVERED: &str = "alerts_delivered";
pub(super) const ALERT_GAPS: &str = "alert_gaps";
pub(super) const ALERT_STREAMS_ENDED: &str = "alert_streams_ended";
pub(super) const ALERTS_FORWARDED: &str = "alerts_forwarded";
pub(super) const FINDINGS_UNREADABLE: &str = "alert_findings_unreadable";
pub(super) const FINDINGS_WAITING: &str = "alert_findings_waiting";
pub(super) const FINDINGS_AGE: &str = "alert_oldest_finding_age_seconds";
pub(super) const ALERT_FEED_LISTENING: &str = "alert_feed_listening";
pub(super) const ALERT_FEED_BEHIND: &str = "alert_feed_behind_seconds";
pub(super) const CLOCK_SKEW: &str = "clock_skew_seconds";
/// The name that every Prometheus client uses, without a prefix.
pub(super) const PROCESS_START: &str = "process_start_time_seconds";
