use super::*;
use crate::{
    audit::samples::{event, revoked_all},
    domain::{
        AuthEventKind, IpRange,
        event::RevocationScope,
        search::{AuditEvent, AuditEventKind, EventPosition, EventSearch, PageRequest, TimeRange},
    },
};

/// A failed login of ann's at 15, in the form of a release that records failed logins.
const FAILED: &str = "INSERT INTO session_events (event_id, at, kind, auth_event_kind, tenant, user_id)
                      VALUES ('00000000-0000-8000-8000-000000000001', 15, 'auth_failed', 'mfa_denied', 'acme', 'ann')";

/// Returns a log with six events. 10: ann signs in, 15: ann fails, 20: bob signs in, 25: ann is updated, 30: bob is
/// signed out, 40: everyone is signed out.
async fn log_with_six_events() -> SqliteEventLog {
    let ann = made("acme", "ann", 1, 10);
    let mut bob = made("other", "bob", 2, 20);
    bob.record.location = Location { ip: "192.0.2.7".parse().ok(), country: "GB".into(), ..Location::default() };
    let mut later = ann.clone();
    later.record.revision = 2;
    let mut changed = event(EventKind::Updated, &later, 25);
    changed.cause.changed_fields = vec!["roles".into()];
    let mut out = ended(&bob, EndReason::Replaced, 30);
    out.cause.actor = "user".into();
    let log = log_with_events(&[
        created(&ann),
        created(&bob),
        changed,
        out,
        revoked_all(RevocationScope::Everyone, "operation", 40),
    ])
    .await;
    sqlx::query(FAILED).execute(&log.pool).await.expect("an event");
    log
}

async fn listed(log: &SqliteEventLog, search: &EventSearch) -> Vec<AuditEvent> {
    log.list_events(search, PageRequest { size: 10, after: None }).await.expect("events")
}

#[tokio::test]
async fn events_are_found_by_every_criterion() {
    let log = log_with_six_events().await;
    let none = EventSearch::default;
    let range = |text| Some(IpRange::parse("ip", text).expect("a range"));
    let (start, end) = (Some(UnixMillis::new(20)), Some(UnixMillis::new(30)));
    let session = Some(made("", "ann", 1, 0).id);
    let cases: [(EventSearch, &[u64]); 16] = [
        (none(), &[40, 30, 25, 20, 15, 10]),
        (EventSearch { tenants: tenants(&["acme"]), ..none() }, &[25, 15, 10]),
        (EventSearch { tenants: tenants(&["acme", "other"]), ..none() }, &[30, 25, 20, 15, 10]),
        (EventSearch { tenants: tenants(&[]), ..none() }, &[]),
        (EventSearch { user: user("ann"), ..none() }, &[25, 15, 10]),
        (EventSearch { user: user("bob"), tenants: tenants(&["acme"]), ..none() }, &[]),
        (EventSearch { session, ..none() }, &[25, 10]),
        (EventSearch { kinds: vec![AuditEventKind::Created], ..none() }, &[20, 10]),
        (EventSearch { kinds: vec![AuditEventKind::AuthFailed, AuditEventKind::RevokedAll], ..none() }, &[40, 15]),
        (EventSearch { end_reason: Some(EndReason::Replaced), ..none() }, &[30]),
        (EventSearch { actor: Some("user".into()), ..none() }, &[30]),
        (EventSearch { country: Some("GB".into()), ..none() }, &[30, 20]),
        (EventSearch { ip: range("192.0.2.0/24"), ..none() }, &[30, 20]),
        (EventSearch { ip: range("2001:db8::7"), ..none() }, &[25, 10]),
        (EventSearch { occurred: TimeRange { start, end }, ..none() }, &[25, 20]),
        (EventSearch { user: user("bob"), occurred: TimeRange { start: end, end: None }, ..none() }, &[30]),
    ];
    for (search, expected) in cases {
        let found: Vec<_> = listed(&log, &search).await.iter().map(|event| event.at.get()).collect();
        assert_eq!(found, expected, "{search:?}");
    }
}

#[tokio::test]
async fn an_event_is_returned_with_all_stored_fields() {
    let log = log_with_six_events().await;
    let events = listed(&log, &EventSearch::default()).await;
    let [all_out, out, changed, _, failed, made_event] = &events[..] else { panic!("six events") };

    assert_eq!((all_out.kind, all_out.revision), (AuditEventKind::RevokedAll, 0));
    assert_eq!((&all_out.tenant, &all_out.user, all_out.session), (&None, &None, None));
    assert_eq!((out.end_reason, out.cause.actor.as_str()), (Some(EndReason::Replaced), "user"));
    assert_eq!((changed.revision, &changed.cause.changed_fields[..]), (2, &["roles".to_owned()][..]));
    assert_eq!(failed.auth_event_kind, Some(AuthEventKind::MfaDenied));

    let ann = made("acme", "ann", 1, 10);
    let expected = created(&ann);
    assert_eq!((made_event.id, made_event.session), (expected.id, Some(ann.id)));
    assert_eq!((&made_event.tenant, &made_event.user), (&Some(ann.owner.tenant), &Some(ann.owner.user)));
    let device = Device { user_agent: String::new(), named_by_caller: false, ..ann.record.device };
    assert_eq!(made_event.device, device);
    let location = Location { position: None, ..ann.record.location };
    assert_eq!(made_event.location, location, "the position is not stored");
    assert_eq!((&made_event.policy, made_event.assurance_level), (&ann.record.policy, 2));
    assert_eq!(made_event.auth_methods, ["pwd", "otp"]);
    assert_eq!(made_event.cause, expected.cause);
    assert!(made_event.recorded_at > made_event.at);
}

#[tokio::test]
async fn a_walk_meets_every_event_once_also_those_of_one_time() {
    let sessions = [1, 2, 3, 4, 5].map(|unique| made("acme", "ann", unique, 10));
    let log = log_with_events(&sessions.each_ref().map(created)).await;
    let mut ids: Vec<_> = sessions.iter().map(|session| created(session).id).collect();
    ids.sort();
    ids.reverse();
    for search in [EventSearch::default(), EventSearch { user: user("ann"), ..EventSearch::default() }] {
        let (mut met, mut after) = (Vec::new(), None::<EventPosition>);
        loop {
            let page = log.list_events(&search, PageRequest { size: 2, after }).await.expect("a page");
            met.extend(page.iter().map(|event| event.id));
            after = page.last().map(AuditEvent::position);
            if page.len() < 2 {
                break;
            }
        }
        assert_eq!(met, ids, "{search:?}");
    }
}

#[tokio::test]
async fn what_a_newer_release_wrote_is_left_out_without_ending_the_list() {
    let log = log_with_six_events().await;
    let newer = "PRAGMA ignore_check_constraints = ON;
                 UPDATE session_events SET kind = 'of a newer release' WHERE at = 30;
                 UPDATE session_events SET auth_event_kind = 'of a newer release' WHERE at = 15";
    sqlx::raw_sql(newer).execute(&log.pool).await.expect("updated");

    let page = log.list_events(&EventSearch::default(), PageRequest { size: 4, after: None }).await.expect("a page");
    let found: Vec<_> = page.iter().map(|event| event.at.get()).collect();
    assert_eq!(found, [40, 25, 20, 10]);
}
