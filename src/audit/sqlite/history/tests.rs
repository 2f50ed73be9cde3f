mod events;
mod plans;
mod sessions;
mod stats;

use crate::{
    audit::{AuditHistory, EventLog, samples, sqlite::tests::log},
    domain::{Device, DeviceType, EndReason, Event, EventKind, Location, Owner, Session, TenantId, UnixMillis, UserId},
};

use super::SqliteEventLog;

/// Returns a session created at `at`; the other fields are those of the sample.
fn made(tenant: &str, user: &str, unique: u8, at: u64) -> Session {
    let mut session = samples::session(user, unique);
    session.owner = Owner::new(tenant, user).expect("an owner");
    session.record.created_at = UnixMillis::new(at);
    session.clock.last_active = UnixMillis::new(at);
    session
}

fn created(session: &Session) -> Event {
    samples::event(EventKind::Created, session, session.record.created_at.get())
}

fn ended(session: &Session, reason: EndReason, at: u64) -> Event {
    samples::event(EventKind::Ended(reason), session, at)
}

async fn log_with_events(events: &[Event]) -> SqliteEventLog {
    let log = log().await;
    log.append(events).await.expect("appended");
    log
}

fn tenants(names: &[&str]) -> Option<Vec<TenantId>> {
    names.iter().map(|name| TenantId::new(name).ok()).collect()
}

fn user(name: &str) -> Option<UserId> {
    UserId::new(name).ok()
}
