//! Conversion of sessions in the audit database into messages.

use std::time::Duration;

use crate::{
    api,
    domain::{SessionClock, search::AuditedSession},
    transport::grpc::response,
};

pub(super) fn entry(entry: AuditedSession) -> api::SessionEntry {
    let clock = SessionClock {
        last_active: entry.last_active,
        idle_timeout: entry.idle_timeout,
        idle_margin: Duration::ZERO,
        expires_at: entry.expires_at,
        device: entry.device.tag(),
    };
    let session = api::Session {
        session_id: entry.id.to_string(),
        tenant_id: entry.owner.tenant.as_str().to_owned(),
        user_id: entry.owner.user.as_str().to_owned(),
        email: entry.email,
        roles: entry.roles,
        data: None,
        device: Some(response::device(entry.device)),
        location: response::known_location(entry.location),
        created_at: Some(response::timestamp(entry.created_at)),
        authenticated_at: Some(response::timestamp(entry.authenticated_at)),
        last_active_at: Some(response::timestamp(entry.last_active)),
        idle_expires_at: Some(response::timestamp(clock.idle_expires_at())),
        expires_at: Some(response::timestamp(entry.expires_at)),
        remembered: entry.remembered,
        current: false,
        auth_methods: entry.auth_methods,
        assurance_level: entry.assurance_level,
        policy: entry.policy,
        revision: entry.revision.into(),
        last_seen: entry.last_seen.map(|seen| response::last_seen(*seen)),
    };
    let Some(end) = entry.end else {
        return api::SessionEntry {
            session: Some(session),
            state: api::SessionState::Live.into(),
            ..api::SessionEntry::default()
        };
    };
    api::SessionEntry {
        session: Some(session),
        state: api::SessionState::Ended.into(),
        ended_at: Some(response::timestamp(end.at)),
        end_reason: response::end_reason(end.reason).into(),
        reason: end.stated_reason,
        actor: end.actor,
    }
}
