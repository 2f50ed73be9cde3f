//! The record of callers in the audit database: refused calls, and the last use of credentials.

use std::{net::IpAddr, time::Duration};

use session_authority::{
    audit::AuditDatabase,
    domain::{
        CredentialUse, EventId, Location, RefusedCalls, TenantId, UnixMillis,
        search::{AuditEventKind, EventSearch, PageRequest, RecordingPosition, RecordingRange},
    },
};

use super::mass_endings::AuditTestDatabase;

const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

fn refused(n: u8, tenant: Option<&str>) -> RefusedCalls {
    RefusedCalls {
        id: EventId::from_refusal([n; 16]),
        at: NOW.plus(Duration::from_secs(n.into())),
        tenant: tenant.map(|tenant| TenantId::new(tenant).expect("a tenant")),
        caller: "gateway".to_owned(),
        reason: format!("{n} calls; session.v1.SessionService/Revoke; role validator may not call it"),
        request_id: format!("r-{n}"),
        location: Location { ip: Some(IpAddr::from([192, 0, 2, n])), ..Location::default() },
    }
}

fn used(credential: &str, hours: u64) -> CredentialUse {
    let last_used_at = NOW.plus(Duration::from_hours(hours));
    CredentialUse { credential: credential.to_owned(), caller: "gateway".to_owned(), last_used_at }
}

async fn refused_calls(audit: &AuditDatabase, search: EventSearch) -> Vec<String> {
    let search = EventSearch { kinds: vec![AuditEventKind::CallRefused], ..search };
    let page = PageRequest::<RecordingPosition> { size: 100, after: None };
    let found = audit.history.list_recorded(&search, RecordingRange::default(), page).await.expect("events");
    found.events.into_iter().map(|event| event.cause.request_id).collect()
}

pub async fn refused_calls_are_events_that_are_recorded_once(database: AuditTestDatabase) {
    let audit = &database.audit;
    let events = [refused(1, None), refused(2, Some("acme"))];
    for _ in 0..2 {
        audit.callers.append_refused_calls(&events).await.expect("appended");
    }
    assert_eq!(refused_calls(audit, EventSearch::default()).await, ["r-1", "r-2"]);
    let acme = EventSearch { tenants: Some(vec![TenantId::new("acme").expect("a tenant")]), ..EventSearch::default() };
    assert_eq!(refused_calls(audit, acme).await, ["r-2"], "a call of a caller of several tenants belongs to none");
}

pub async fn the_last_use_of_a_credential_moves_forward_only(database: AuditTestDatabase) {
    let audit = &database.audit;
    assert_eq!(audit.callers.credential_uses().await.expect("uses"), []);
    let spiffe = "spiffe://example.org/gateway";
    audit.callers.record_credential_uses(&[used("0102030405060708", 2), used(spiffe, 1)]).await.expect("recorded");
    audit.callers.record_credential_uses(&[used("0102030405060708", 1), used(spiffe, 3)]).await.expect("recorded");
    let uses = audit.callers.credential_uses().await.expect("uses");
    assert_eq!(uses, [used("0102030405060708", 2), used(spiffe, 3)]);
}
