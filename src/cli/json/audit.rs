//! Responses from the audit database.

use prost_types::Timestamp;
use serde::Serialize;

use crate::api;

use super::{
    scalar::{EnumValue, as_text, as_text_if_set},
    session::{DeviceJson, LocationJson, SessionJson},
};

#[derive(Serialize)]
pub struct SessionEntryJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionJson<'a>>,
    state: EnumValue,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    end_reason: EnumValue,
    reason: &'a str,
    actor: &'a str,
}

impl<'a> From<&'a api::SessionEntry> for SessionEntryJson<'a> {
    fn from(entry: &'a api::SessionEntry) -> Self {
        Self {
            session: entry.session.as_ref().map(SessionJson::from),
            state: EnumValue::new(entry.state, api::SessionState::as_str_name),
            ended_at: entry.ended_at,
            end_reason: EnumValue::new(entry.end_reason, api::EndReason::as_str_name),
            reason: &entry.reason,
            actor: &entry.actor,
        }
    }
}

#[derive(Serialize)]
pub struct AuditEventJson<'a> {
    event_id: &'a str,
    kind: EnumValue,
    tenant_id: &'a str,
    user_id: &'a str,
    session_id: &'a str,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    occurred_at: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    recorded_at: Option<Timestamp>,
    end_reason: EnumValue,
    auth_event_kind: EnumValue,
    reason: &'a str,
    actor: &'a str,
    caller: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationJson<'a>>,
    policy: &'a str,
    auth_methods: &'a [String],
    assurance_level: u32,
    #[serde(serialize_with = "as_text")]
    revision: u64,
    changed_fields: &'a [String],
    operation_id: &'a str,
}

impl<'a> From<&'a api::AuditEvent> for AuditEventJson<'a> {
    fn from(event: &'a api::AuditEvent) -> Self {
        Self {
            event_id: &event.event_id,
            kind: EnumValue::new(event.kind, api::AuditEventKind::as_str_name),
            tenant_id: &event.tenant_id,
            user_id: &event.user_id,
            session_id: &event.session_id,
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
            end_reason: EnumValue::new(event.end_reason, api::EndReason::as_str_name),
            auth_event_kind: EnumValue::new(event.auth_event_kind, api::AuthEventKind::as_str_name),
            reason: &event.reason,
            actor: &event.actor,
            caller: &event.caller,
            request_id: &event.request_id,
            device: event.device.as_ref().map(DeviceJson::from),
            location: event.location.as_ref().map(LocationJson::from),
            policy: &event.policy,
            auth_methods: &event.auth_methods,
            assurance_level: event.assurance_level,
            revision: event.revision,
            changed_fields: &event.changed_fields,
            operation_id: &event.operation_id,
        }
    }
}

#[derive(Serialize)]
pub struct RevokeWhereResponseJson<'a> {
    #[serde(serialize_with = "as_text")]
    matched_count: u64,
    #[serde(serialize_with = "as_text")]
    revoked_count: u64,
    sample: Vec<SessionEntryJson<'a>>,
    done: bool,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    complete_until: Option<Timestamp>,
}

impl<'a> From<&'a api::RevokeWhereResponse> for RevokeWhereResponseJson<'a> {
    fn from(answer: &'a api::RevokeWhereResponse) -> Self {
        Self {
            matched_count: answer.matched_count,
            revoked_count: answer.revoked_count,
            sample: answer.sample.iter().map(SessionEntryJson::from).collect(),
            done: answer.done,
            complete_until: answer.complete_until,
        }
    }
}

#[derive(Serialize)]
pub struct ForgetUserResponseJson<'a> {
    #[serde(serialize_with = "as_text")]
    revoked_count: u64,
    #[serde(serialize_with = "as_text")]
    erased_count: u64,
    retained: Vec<RetainedRecordsJson<'a>>,
}

impl<'a> From<&'a api::ForgetUserResponse> for ForgetUserResponseJson<'a> {
    fn from(answer: &'a api::ForgetUserResponse) -> Self {
        Self {
            revoked_count: answer.revoked_count,
            erased_count: answer.erased_count,
            retained: answer.retained.iter().map(RetainedRecordsJson::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct RetainedRecordsJson<'a> {
    kind: &'a str,
    #[serde(serialize_with = "as_text")]
    count: u64,
    reason: &'a str,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

impl<'a> From<&'a api::RetainedRecords> for RetainedRecordsJson<'a> {
    fn from(records: &'a api::RetainedRecords) -> Self {
        Self { kind: &records.kind, count: records.count, reason: &records.reason, until: records.until }
    }
}
